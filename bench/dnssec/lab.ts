// The tree of the bench, in the namespace of the run: root, vn, gov.vn and the zones below, each with two name servers on both
// families. Knot serves what can be served by Knot; faults of a server itself are our own server's.

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ResourceRecord } from "../../agent/wire/dns/index.ts";
import { recordText } from "../../agent/wire/dns/text/record.ts";
import { Random } from "../../test/vectors/differential/random.ts";
import { type Daemon, startKnot, startRecursor } from "../../test/vectors/differential/serve/daemons.ts";
import { OwnServer } from "../../test/vectors/differential/serve/server.ts";
import type { Question } from "../../test/vectors/differential/zones/content.ts";
import { dsRecord, type Signed, type SigningPlan, Workshop } from "../../test/vectors/differential/zones/sign.ts";
import { honestAnswers, keyOf, type Site } from "../../test/vectors/differential/zones/site.ts";
import { inParallel } from "../../test/vectors/differential/zones/tree.ts";
import type { Zone } from "../../test/vectors/differential/zones/zone.ts";
import type { Class, Second } from "./catalogue.ts";

const at = (n: number) => ({ v4: `192.0.2.${n}`, v6: `2001:db8:53::${n}` });
const ABOVE = at(10);
const FIRST = at(11);
const SECONDS: Readonly<Record<Second, { v4: string; v6: string }>> = {
  knot: at(12),
  lame: at(13),
  "no-tcp": at(14),
  "no-edns": at(15),
};
const DEAF_V6 = "2001:db8:53::16";
export const RECURSOR = "192.0.2.9";
/** Addresses to ask from, for tools that look for a way to the Internet first. */
export const SOURCES: readonly string[] = [RECURSOR, FIRST.v6];
const BASE: SigningPlan = {
  apex: ".",
  signer: "bind",
  algorithm: 13,
  denial: { kind: "nsec", iterations: 0, salt: 0 },
  daysOff: 0,
  rsaBits: 2_048,
};

export interface Built {
  readonly class: Class;
  readonly apex: string;
  /** The zone as the first server has it, and all that belongs to it. */
  readonly site: Site;
  /** The second server's copy. */
  readonly second: Zone;
}

/** Loopback with all addresses; call once, inside the namespace. */
export function furnish(): void {
  const all = [ABOVE, FIRST, ...Object.values(SECONDS), { v4: RECURSOR, v6: DEAF_V6 }];
  const lines = all.flatMap(({ v4, v6 }) => [`addr add ${v4}/32 dev lo`, `addr add ${v6}/128 dev lo nodad`]);
  execFileSync("ip", ["-batch", "-"], { input: ["link set lo up", ...lines, ""].join("\n") });
}

/** A zone of `hosts` more names than the usual few, before it is signed. Timers are what Zonemaster's policy asks for. */
function textOf(apex: string, second: { v4: string; v6: string }, hosts: number): string {
  const many = Array.from({ length: hosts }, (_, i) => `h${i} A 198.51.100.${1 + (i % 254)}`);
  return `$ORIGIN ${apex}
$TTL 3600
@ SOA ns1 hostmaster 10 14400 3600 604800 3600
@ NS ns1
@ NS ns2
@ MX 10 mail
@ CAA 0 issue "ca.example"
@ TXT "v=spf1 mx -all"
_dmarc TXT "v=DMARC1; p=reject"
@ A 198.51.100.81
ns1 A ${FIRST.v4}
ns1 AAAA ${FIRST.v6}
ns2 A ${second.v4}
ns2 AAAA ${second.v6}
www A 198.51.100.80
www AAAA 2001:db8:80::80
mail A 198.51.100.25
mail AAAA 2001:db8:80::25
${many.join("\n")}
`;
}

/** What the validating tools are asked of a zone, one after the other. */
export function questionsOf(apex: string): { name: string; type: string }[] {
  const below = (label: string, type: string) => ({ name: `${label}.${apex}`, type });
  return [
    { name: apex, type: "SOA" },
    { name: apex, type: "MX" },
    below("www", "A"),
    below("www", "AAAA"),
    below("mail", "A"),
    below("nx-name", "A"),
  ];
}

const NUMBERS: Readonly<Record<string, number>> = { SOA: 6, MX: 15, A: 1, AAAA: 28 };

/** One Workshop's way from a class to a zone on two servers. */
async function build(
  workshop: Workshop,
  random: Random,
  one: Class,
  apex: string,
  now: number,
  hosts: number,
): Promise<Built> {
  const plan: SigningPlan = { ...BASE, apex, ...one.plan };
  const pick = (n: number) => random.int(0, n - 1);
  const at2 = SECONDS[one.second ?? "knot"];
  const plain = textOf(apex, one.deadIpv6 ? { ...at2, v6: DEAF_V6 } : at2, hosts);
  const text = one.text?.(plain) ?? plain;
  const signed = await workshop.sign(text, plan, now, pick);
  const again =
    one.secondText &&
    (await workshop.signAgain(
      one.secondText(text),
      { ...plan, daysOff: one.secondDaysOff ?? plan.daysOff },
      now,
      signed,
    ));
  const questions = questionsOf(apex).map(
    ({ name, type }): Question => ({ name, type: NUMBERS[type]!, kind: "positive" }),
  );
  const content = { text, questions, signedChildren: [], unsignedChildren: [] };
  const honest = honestAnswers(signed.zone, questions);
  const ds = [dsRecord(keyOf(signed, true).dnskey, 2)];
  const fixed = { plan, content, zone: signed.zone, keys: signed.keys, honest, children: [], childPlans: [], now };
  const site: Site = { ...fixed, ds, server: "knot" };
  one.apply?.(site, random);
  return { class: one, apex, site, second: again ?? site.zone };
}

export interface Lab {
  readonly built: readonly Built[];
  readonly anchorFile: string;
  readonly hintsFile: string;
  /** DS of the root, zone-file text. */
  readonly anchor: string;
  /** `name=address` of the root's server. */
  readonly rootServer: string;
  /** Root and the zones between. */
  readonly above: readonly Zone[];
  stop(): Promise<void>;
}

/** Signs everything, serves it, and waits until it answers. */
export async function startLab(
  folder: string,
  wanted: readonly { class: Class; apex: string; hosts: number }[],
): Promise<Lab> {
  mkdirSync(folder, { recursive: true });
  const now = Math.floor(Date.now() / 1_000);
  const random = new Random("bench");
  const workshop = new Workshop(join(folder, "sign"));
  const built = await inParallel(wanted, 2, ({ class: one, apex, hosts }) =>
    build(workshop, random.fork(apex), one, apex, now, hosts),
  );
  const govLines = built.flatMap(({ apex, site, class: one }) => delegation(apex, one, site.ds));
  const gov = await parent(workshop, random, "gov.vn.", govLines, now);
  const vn = await parent(workshop, random, "vn.", delegationOf(gov), now);
  const root = await parent(workshop, random, ".", delegationOf(vn), now);
  const anchor = `${recordText(dsRecord(keyOf(root, true).dnskey, 2))}\n`;
  const files = { anchorFile: join(folder, "anchor"), hintsFile: join(folder, "hints") };
  writeFileSync(files.anchorFile, anchor);
  writeFileSync(files.hintsFile, rootHints());
  const above = [root.zone, vn.zone, gov.zone];
  const daemons: Daemon[] = [];
  const servers: OwnServer[] = [];
  const stop = async () => {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    await Promise.all(servers.map((server) => server.close()));
  };
  try {
    const open = built.filter((one) => one.class.transfer).map((one) => one.apex);
    const knot = async (name: string, address: { v4: string; v6: string }, zones: readonly Zone[]) => {
      const daemon = startKnot(join(folder, name), address, zones, open);
      daemons.push(daemon);
      await daemon.ready(address.v4, zones[0]!.apex, false);
    };
    const on = (second: Second) =>
      built.filter((one) => (one.class.second ?? "knot") === second).map((one) => one.second);
    await knot("above", ABOVE, above);
    await knot(
      "first",
      FIRST,
      built.map(({ site }) => site.zone),
    );
    await knot("second", SECONDS.knot, on("knot"));
    // A server that knows nothing of the zones that are delegated to it.
    const other = new OwnServer();
    await other.listen([SECONDS.lame.v4, SECONDS.lame.v6]);
    servers.push(other);
    for (const [second, habits] of [
      ["no-tcp", { tcp: false }],
      ["no-edns", { edns: false }],
    ] as const) {
      const server = new OwnServer(habits);
      server.zones = on(second).map((zone) => ({ zone }));
      await server.listen([SECONDS[second].v4, SECONDS[second].v6]);
      servers.push(server);
    }
    const recursor = startRecursor(join(folder, "recursor"), RECURSOR, files.hintsFile);
    daemons.push(recursor);
    await recursor.ready(RECURSOR, ".", true);
    return { built, anchor, rootServer: `ns1=${ABOVE.v4}`, above, ...files, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function delegation(apex: string, one: Class, ds: readonly ResourceRecord[]): readonly string[] {
  const { v4, v6 } = SECONDS[one.second ?? "knot"];
  const lines = [
    `${apex} NS ns1.${apex}`,
    `${apex} NS ns2.${apex}`,
    `ns1.${apex} A ${FIRST.v4}`,
    `ns1.${apex} AAAA ${FIRST.v6}`,
    `ns2.${apex} A ${v4}`,
    `ns2.${apex} AAAA ${one.deadIpv6 ? DEAF_V6 : v6}`,
    ...ds.map(recordText),
  ];
  return one.atParent?.(lines, apex) ?? lines;
}

/** A zone above the zones under test: one server has them all. */
function parent(
  workshop: Workshop,
  random: Random,
  apex: string,
  lines: readonly string[],
  now: number,
): Promise<Signed> {
  const ns = `ns1.${apex === "." ? "" : apex}`;
  const own = [
    "$TTL 3600",
    `${apex} SOA ${ns} hostmaster.${ns} 1 14400 3600 604800 3600`,
    `${apex} NS ${ns}`,
    ...addressLines(ns, ABOVE),
  ];
  return workshop.sign(`${[...own, ...lines].join("\n")}\n`, { ...BASE, apex }, now, (n) => random.int(0, n - 1));
}

const addressLines = (name: string, { v4, v6 }: { v4: string; v6: string }) => [
  `${name} A ${v4}`,
  `${name} AAAA ${v6}`,
];

function delegationOf({ zone, keys }: Signed): string[] {
  const ns = `ns1.${zone.apex}`;
  const ds = dsRecord(keyOf({ keys }, true).dnskey, 2);
  return [`${zone.apex} NS ${ns}`, ...addressLines(ns, ABOVE), recordText(ds)];
}

const rootHints = () => [". 3600000 NS ns1.", ...addressLines("ns1. 3600000", ABOVE), ""].join("\n");
