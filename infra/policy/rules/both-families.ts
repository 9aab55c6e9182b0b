// No service on IPv4 alone: every name with an A record has an AAAA record beside it.
import type { Rule } from "../rule.ts";
import { recordsOf } from "../zone-text.ts";

export const bothFamilies: Rule = {
  name: "services-have-ipv6",
  description:
    "every name with an IPv4 address has an IPv6 address too (Decree 224/2026/NĐ-CP art. 11.4; Decision 38/QĐ-BTTTT)",
  check(stack) {
    return stack.hosts.flatMap((host) =>
      zonesOf(host.files).flatMap((path) => {
        const records = recordsOf(stack.text(host, path) ?? "");
        const named = (type: string) => new Set(records.filter((r) => r.type === type).map((r) => r.name));
        const six = named("AAAA");
        return [...named("A")]
          .filter((name) => !six.has(name))
          .map((name) => ({
            where: `Host ${host.host}`,
            what: `${name} in ${path} has A and no AAAA: give the service an IPv6 address`,
          }));
      }),
    );
  },
};

/** Zone files among a host's files. */
export const zonesOf = (files: Record<string, unknown>): string[] =>
  Object.keys(files).filter((path) => path.endsWith(".zone"));
