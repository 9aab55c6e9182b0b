// No unsigned zone: a name server signs what it is the primary of, and every zone that is delegated has its DS.
import type { HostInputs } from "../../platforms/lab/model.ts";
import type { Rule, Stack, Violation } from "../rule.ts";
import { recordsOf } from "../zone-text.ts";
import { zonesOf } from "./both-families.ts";

const KNOT = "/etc/knot/knot.conf";

export const signedZones: Rule = {
  name: "zones-are-signed",
  description: "every zone is signed and delegated with DS (Circular 32/2017/TT-BTTTT art. 15.4; RFC 4035)",
  check: (stack) => stack.hosts.flatMap((host) => [...unsigned(stack, host), ...undelegated(stack, host)]),
};

/** Zones that stand as a file here and whose template does not sign. */
function unsigned(stack: Stack, host: HostInputs): Violation[] {
  const files = zonesOf(host.files);
  if (files.length === 0) return [];
  const config = stack.text(host, KNOT);
  const where = `Host ${host.host}`;
  if (config === undefined) return [{ where, what: `it has zone files and no ${KNOT} that signs them` }];
  const sections = blocksOf(config);
  const signs = (text: string | undefined) => /^\s*dnssec-signing:\s*on\s*$/m.test(text ?? "");
  return files.flatMap((path) => {
    const zone = sections.zone.find((z) => z.includes(path));
    const template = /template:\s*(\S+)/.exec(zone ?? "")?.[1] ?? "default";
    const from = sections.template.find((t) => new RegExp(`id:\\s*${template}\\s*$`, "m").test(t));
    if (zone !== undefined && (signs(zone) || signs(from))) return [];
    return [{ where, what: `${path} is served unsigned: dnssec-signing: on is missing in its template` }];
  });
}

/** The list items of the sections `zone:` and `template:` of a knot.conf. */
function blocksOf(config: string): { zone: string[]; template: string[] } {
  const found: Record<string, string[]> = { zone: [], template: [] };
  let section = "";
  for (const line of config.split("\n")) {
    const head = /^([a-z-]+):\s*$/.exec(line)?.[1];
    if (head !== undefined) section = head;
    else if (section in found && /^\s+-\s/.test(line)) found[section]!.push(line);
    else if (section in found && found[section]!.length > 0) found[section]!.push(`${found[section]!.pop()}\n${line}`);
  }
  return found as { zone: string[]; template: string[] };
}

/** Names below the apex with NS and without DS: their child could not be validated. */
function undelegated(stack: Stack, host: HostInputs): Violation[] {
  return zonesOf(host.files).flatMap((path) => {
    const records = recordsOf(stack.text(host, path) ?? "");
    const apex = records.find((r) => r.type === "SOA")?.name;
    const signed = new Set(records.filter((r) => r.type === "DS").map((r) => r.name));
    const cuts = new Set(records.filter((r) => r.type === "NS" && r.name !== apex).map((r) => r.name));
    return [...cuts]
      .filter((name) => !signed.has(name))
      .map((name) => ({ where: `Host ${host.host}`, what: `${name} is delegated in ${path} without DS` }));
  });
}
