// What hosts' files are made of where no vault is opened: names of secrets as ever, no certificates, no tokens, nothing signed. For
// papers, which show configurations and no keys, and for measurements. Pure.
import type { Materials } from "../deployment/facts.ts";
import type { Plan } from "../plan/types.ts";

/** `ds`: right side of the DS record of a signed zone; a text that says that there is no key yet, unless given. */
export function materialsWithoutVault(plan: Plan, ds: (zone: string) => string = () => NO_KEY): Materials {
  const server = { chain: "", keySecret: "-", publicKeys: [] };
  const broken = plan.zones.flatMap((z) => z.children.filter((c) => c.broken));
  return {
    render: {
      zones: new Map(plan.zones.map((z) => [z.name, { ds: ds(z.name), dnskey: NO_KEY }])),
      publicKeys: new Map(plan.zones.flatMap((z) => (z.tlsa ?? []).map((t) => [t.certificate, []] as const))),
      wrongDs: new Map(broken.map((c) => [c.name, NO_KEY])),
      transferKey: "province-transfer",
      auditKey: "province-audit",
    },
    pki: { root: "", enrolment: { certificate: "", keySecret: "-" }, server: async () => server },
    portal: server,
    sites: new Map(plan.services.map((s) => [s.id, server])),
    gateway: server,
    configKey: "",
    tokens: [],
    assignments: [],
    transferSecret: "-",
    auditSecret: "-",
    sshHostKeySecret: "-",
    tunnelKey: () => ({ secret: "-", publicKey: "-" }),
    fingerprint: () => "-",
    console: { secrets: [] },
    screen: { port: 0, listen: "", url: "" },
  };
}

const NO_KEY = "; no key has been made yet";
