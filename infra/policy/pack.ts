// The policy pack as the engine runs it, at every preview and every up: each rule looks at the whole stack, and one violation stops
// everything before anything is touched. May touch: the texts of the state folder, to read them.
import { readFileSync } from "node:fs";
import { PolicyPack, type ResourceValidationPolicy, type StackValidationPolicy } from "@pulumi/policy";
import type { Registry } from "../../protocol/registry.ts";
import { keptText } from "../platforms/lab/content.ts";
import { type HostInputs, type LinkInputs, parseFileLine } from "../platforms/lab/model.ts";
import { OURS } from "../render/index.ts";
import type { Rule, Stack } from "./rule.ts";
import { RULES } from "./rules.ts";

interface Told {
  type: string;
  name: string;
  urn: string;
  inputs: unknown;
}

/** Our provider gives nothing back, to keep the state small: what a whole stack is known by are the inputs of each resource. */
const told = new Map<string, Told>();
const collecting: ResourceValidationPolicy = {
  name: "what-the-engine-is-told",
  description: "remembers the inputs of every resource for the rules, which look at the stack as a whole",
  enforcementLevel: "advisory",
  validateResource: ({ type, name, urn, props }) => void told.set(urn, { type, name, urn, inputs: props }),
};

const policyOf = (rule: Rule): StackValidationPolicy => ({
  name: rule.name,
  description: rule.description,
  enforcementLevel: "mandatory",
  validateStack: ({ resources }, report) => {
    const here = resources.flatMap(({ urn }) => told.get(urn) ?? []);
    for (const { where, what } of rule.check(sameStack(here))) report(`${where}: ${what}`, urnOf(here, where));
  },
});

let last: { of: readonly Told[]; stack: Stack } | undefined;

/** Made once for all rules, which look at one stack after another's turn. */
function sameStack(resources: readonly Told[]): Stack {
  const same = last?.of.length === resources.length && last.of.every((told, i) => told === resources[i]);
  if (!last || !same) last = { of: resources, stack: stackOf(resources) };
  return last.stack;
}

function stackOf(resources: readonly Told[]): Stack {
  const of = <T>(kind: string) => resources.filter((r) => r.type === `vonggac:lab:${kind}`).map((r) => r.inputs as T);
  const provider = resources.find((r) => r.type === "pulumi:providers:vonggac")?.inputs as { stateDir?: string };
  const hosts = of<HostInputs>("Host");
  const kept = (hash: string) => keptText(provider?.stateDir ?? "", hash);
  const text = (host: HostInputs, path: string) => {
    const line = host.files[path];
    const source = line === undefined ? undefined : parseFileLine(line).source;
    return source !== undefined && "sha256" in source ? kept(source.sha256) : undefined;
  };
  const registry = hosts.map((h) => text(h, OURS.registry)).find((t) => t !== undefined);
  return {
    hosts,
    links: of<LinkInputs>("Link"),
    registry: registry === undefined ? undefined : (JSON.parse(registry) as Registry),
    text,
    firewall: (host) => (host.nftables === undefined ? undefined : kept(host.nftables)),
  };
}

const urnOf = (resources: readonly Told[], where: string): string | undefined => {
  const [kind, name] = where.split(" ");
  return resources.find((r) => r.type === `vonggac:lab:${kind}` && r.name === name)?.urn;
};

new PolicyPack("vonggac", { policies: [collecting, ...RULES.map(policyOf)] });

/**
 * An engine that is killed tells nobody, and this process would stay for ever. It stands one above or, with a runner of its own
 * between, two; killed before this was read in, it stands nowhere.
 */
function engineIsGone(): boolean {
  const [parent, above] = [statusOf(process.ppid), statusOf(statusOf(process.ppid).parent)];
  return parent.name !== "pulumi" && above.name !== "pulumi";
}

/** proc_pid_stat(5): pid (name) state parent. */
function statusOf(pid: number): { name: string; parent: number } {
  try {
    const [, name = "", parent] = /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, "latin1")) ?? [];
    return { name, parent: Number(parent) };
  } catch {
    return { name: "", parent: 0 };
  }
}

setInterval(() => {
  if (engineIsGone()) process.exit(0);
}, 1_000).unref();
