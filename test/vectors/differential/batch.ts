/**
 * One batch of zones: made, served, asked by ours and by the peers, and taken down again.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ResolverCache } from "../../../agent/wire/dns/resolver/cache.ts";
import type { Fault } from "./faults/index.ts";
import { RECURSOR } from "./namespace.ts";
import { askOurs, configFor } from "./ours.ts";
import { delv, type Peer, unboundHost, type Verdict } from "./peers/peer.ts";
import type { Random } from "./random.ts";
import { type Daemon, servedZones, startBind, startKnot, startRecursor } from "./serve/daemons.ts";
import { OwnServer } from "./serve/server.ts";
import type { Question } from "./zones/content.ts";
import { Workshop } from "./zones/sign.ts";
import type { Expected } from "./zones/site.ts";
import { ADDRESSES, type Case, expectedOf, inParallel, makeTree, type Tree } from "./zones/tree.ts";
import type { Zone } from "./zones/zone.ts";

export interface Asking {
  readonly case: Case;
  readonly question: Question;
  readonly expected: Expected;
  readonly ours: Awaited<ReturnType<typeof askOurs>>;
  /** Ours again with one cache for the whole zone, in another order. */
  readonly warm: string;
  readonly peers: Record<string, Verdict>;
}

export interface BatchResult {
  readonly askings: readonly Asking[];
  readonly anchor: string;
  /** Zones that Knot or BIND would not load: left out, and counted. */
  readonly refused: readonly string[];
}

export interface BatchOptions {
  readonly folder: string;
  readonly random: Random;
  readonly faults: readonly (Fault | undefined)[];
  readonly firstId: number;
  /** Questions a zone that the peers are asked too. */
  readonly peerQuestions: number;
}

/** Makes and signs a batch's zones: while the batch before is asked, since signers wait more than they work. */
export function makeBatch({ folder, random, faults, firstId }: BatchOptions): Promise<Tree> {
  mkdirSync(folder, { recursive: true });
  const now = Math.floor(Date.now() / 1_000);
  return makeTree(random, new Workshop(join(folder, "sign")), faults, now, firstId);
}

export async function askBatch({ folder, random, peerQuestions }: BatchOptions, tree: Tree): Promise<BatchResult> {
  const hints = join(folder, "hints");
  const anchor = join(folder, "anchor");
  writeFileSync(hints, `. 3600 NS ns.\nns. 3600 A ${ADDRESSES.own.v4}\nns. 3600 AAAA ${ADDRESSES.own.v6}\n`);
  writeFileSync(anchor, tree.anchor);
  const server = new OwnServer();
  server.zones = tree.served;
  await server.listen([ADDRESSES.own.v4, ADDRESSES.own.v6]);
  const daemons: Daemon[] = [];
  try {
    const served = await startDaemons(folder, tree, daemons);
    const recursor = startRecursor(join(folder, "recursor"), RECURSOR, hints);
    daemons.push(recursor);
    await recursor.ready(RECURSOR, ".", true);
    const peers = [unboundHost(folder, hints, anchor), delv(folder, RECURSOR, tree.anchor)];
    const refused = tree.cases.filter(({ site }) => site.server !== "own" && !served.has(site.zone.apex));
    const kept = tree.cases.filter((one) => !refused.includes(one));
    const own = (await inParallel(kept, 3, (one) => askOwn(one, tree.anchor, random.fork(`ask${one.id}`)))).flat();
    const chosen = new Set(kept.flatMap((one) => questionsForPeers(one, peerQuestions, random.fork(`peers${one.id}`))));
    // Wide, because delv spends seconds waiting, and no work, before it gives up on a zone without keys.
    const askings = await inParallel(own, 32, async (asking): Promise<Asking> => {
      const verdicts: Record<string, Verdict> = {};
      if (chosen.has(asking.question)) for (const peer of peers) verdicts[peer.name] = await peer.ask(asking.question);
      return { ...asking, peers: verdicts };
    });
    await askAgain(askings, peers);
    return { askings, anchor: tree.anchor, refused: refused.map(({ site }) => site.zone.apex) };
  } finally {
    await Promise.all(daemons.map((daemon) => daemon.stop()));
    await server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A peer that differs is asked once more, with few others: a packet lost on a busy machine is no verdict of anybody's. */
async function askAgain(askings: readonly Asking[], peers: readonly Peer[]): Promise<void> {
  await inParallel(askings, 4, async (asking) => {
    for (const peer of peers) {
      const said = asking.peers[peer.name]?.security;
      if (said !== undefined && said !== asking.expected.security)
        asking.peers[peer.name] = await peer.ask(asking.question);
    }
  });
}

async function startDaemons(folder: string, tree: Tree, daemons: Daemon[]): Promise<Set<string>> {
  const served = new Set<string>();
  const start = async (zones: readonly Zone[], make: () => Daemon, address: string) => {
    const [first] = zones;
    if (!first) return;
    const daemon = make();
    daemons.push(daemon);
    await daemon.ready(address, first.apex, false);
    for (const apex of await servedZones(zones, address)) served.add(apex);
  };
  const { knot, bind } = tree.daemons;
  await start(knot, () => startKnot(join(folder, "knot"), ADDRESSES.knot, knot), ADDRESSES.knot.v4);
  await start(bind, () => startBind(join(folder, "bind"), ADDRESSES.bind, bind), ADDRESSES.bind.v4);
  return served;
}

/** Questions of a case that the peers are asked too: of a broken zone two in three that are hit, of a whole one anything. */
function questionsForPeers(one: Case, count: number, random: Random): Question[] {
  const questions = one.site.content.questions.filter(({ oursOnly }) => !oursOnly);
  const hit = random.shuffled(questions.filter((question) => one.effect(question) !== undefined));
  const spared = random.shuffled(questions.filter((question) => one.effect(question) === undefined));
  return [...hit.slice(0, Math.ceil((count * 2) / 3)), ...spared].slice(0, count);
}

type OwnAsking = Omit<Asking, "peers">;

async function askOwn(one: Case, anchor: string, random: Random): Promise<OwnAsking[]> {
  const config = configFor(anchor);
  const { questions } = one.site.content;
  const cache = new ResolverCache();
  const warm = new Map<Question, string>();
  for (const question of random.shuffled(questions))
    warm.set(question, (await askOurs(question, config, cache)).security);
  const out: OwnAsking[] = [];
  for (const question of questions) {
    const ours = await askOurs(question, config);
    out.push({ case: one, question, expected: expectedOf(one, question), ours, warm: warm.get(question)! });
  }
  return out;
}
