// Firewalls against the plan: the rules that the kernel holds are those that were rendered, one by one. The planned text is loaded
// into a namespace of its own and listed by the same nft, so that both are in the kernel's own spelling.

import { run, runIfPossible } from "../platforms/lab/exec.ts";
import { type Lab, namespacePath, prefixOf } from "../platforms/lab/names.ts";
import type { Deployment } from "../platforms/platform.ts";
import { type Difference, eachOf, merged, type Proof } from "./proof.ts";

/** Compares every host of the deployment that has a ruleset. */
export async function proveRules(lab: Lab, deployment: Deployment): Promise<Proof> {
  // No host of the plan is called so: ids begin with a letter.
  const scratch = `${prefixOf(lab.stack)}0rules`;
  await runIfPossible(["ip", "netns", "del", scratch]);
  await run(["ip", "netns", "add", scratch], { where: "verify" });
  try {
    const hosts = deployment.hosts.flatMap((h) => (h.nftables === undefined ? [] : [[h.id, h.nftables] as const]));
    return merged(await eachOf(hosts, ([id, text]) => compare(lab, id, text, `/run/netns/${scratch}`), 1));
  } finally {
    await runIfPossible(["ip", "netns", "del", scratch]);
  }
}

async function compare(lab: Lab, host: string, text: string, scratch: string): Promise<Proof> {
  const planned = rulesOf(await listed(scratch, `flush ruleset\n${text}\n`));
  try {
    const seen = rulesOf(await listed(namespacePath(lab, host)));
    const differences: Difference[] = [
      ...without(planned, seen).map((rule): Difference => ({ where: host, key: "rule-missing", facts: { rule } })),
      ...without(seen, planned).map((rule): Difference => ({ where: host, key: "rule-unknown", facts: { rule } })),
    ];
    return { planned: planned.length, probed: planned.length, differences };
  } catch (error) {
    const facts = { detail: (error as Error).message.slice(0, 200) };
    return { planned: planned.length, probed: 0, differences: [{ where: host, key: "silent", facts }] };
  }
}

const listed = (netns: string, load?: string): Promise<string> =>
  run(["nsenter", `--net=${netns}`, "sh", "-s"], {
    input: `${load === undefined ? "" : `nft -f - <<'END' || exit 1\n${load}END\n`}nft -s list ruleset\n`,
    where: "verify",
  });

/** `<chain or set>: <rule>`, without counts. Elements of sets may be listed over several lines: they are one. */
function rulesOf(text: string): string[] {
  let within = "";
  return text
    .replaceAll(/,\n\s+/g, ", ")
    .split("\n")
    .map((l) => l.trim())
    .flatMap((line) => {
      const head = /^(?:chain|set|map) (\S+) \{/.exec(line)?.[1];
      if (head !== undefined) within = head;
      return line === "" || line === "}" || line.endsWith("{") ? [] : [`${within}: ${line}`];
    });
}

/** What the first list has oftener than the second. */
function without(first: readonly string[], second: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const rule of second) left.set(rule, (left.get(rule) ?? 0) + 1);
  return first.filter((rule) => {
    const n = left.get(rule) ?? 0;
    if (n > 0) left.set(rule, n - 1);
    return n === 0;
  });
}
