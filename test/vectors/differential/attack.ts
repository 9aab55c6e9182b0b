/**
 * Mutated messages against the whole validator, in memory: the trust of the chain is known, one response on the way comes from
 * hostile hands. Whatever they do, what is called secure must be the truth, what is signed must not become insecure, nothing
 * may throw, and no message may hold the engine for long.
 */
import { DnsError, type Message, readMessage } from "../../../agent/wire/dns/index.ts";
import { writeQuery } from "../../../agent/wire/dns/query.ts";
import { canonicalRdata } from "../../../agent/wire/dns/rdata.ts";
import { type Resolution, resolve, startRun } from "../../../agent/wire/dns/resolve.ts";
import { ResolverCache } from "../../../agent/wire/dns/resolver/cache.ts";
import type { InReply, OutQuery, ResolverConfig, Step } from "../../../agent/wire/dns/resolver/machine.ts";
import { mutate, type Parts, partsOf } from "./mutate.ts";
import { configFor } from "./ours.ts";
import type { Random } from "./random.ts";
import type { KeptCase, KeptMessage } from "./replay.ts";
import { OwnServer } from "./serve/server.ts";
import type { Question } from "./zones/content.ts";
import type { Tree } from "./zones/tree.ts";

export interface AttackReport {
  messages: number;
  /** Messages that the reader refused by name. */
  unreadable: number;
  verdicts: Record<string, number>;
  slowest_ms: number;
  cpu_seconds: number;
  failures: { question: string; what: string; kept: KeptCase }[];
}

const MAX_FAILURES = 20;

interface Target {
  readonly question: Question;
  readonly zone: string;
  readonly honest: Resolution;
  readonly truth: string;
  /** The honest responses on the way, the last one first in line for mutation. */
  readonly path: readonly { key: string; parts: Parts }[];
  readonly chain: ResolverCache;
}

export function emptyAttackReport(): AttackReport {
  return { messages: 0, unreadable: 0, verdicts: {}, slowest_ms: 0, cpu_seconds: 0, failures: [] };
}

/** Plays `count` mutated messages against the zones of a tree that our own server serves whole. */
export function attack(tree: Tree, random: Random, count: number, report: AttackReport): void {
  const server = new OwnServer();
  server.zones = tree.served;
  const config = configFor(tree.anchor);
  const nowSeconds = Math.floor(Date.now() / 1_000);
  const net = new Net(server, nowSeconds, tree.anchor);
  const targets = tree.cases.flatMap(({ site }) =>
    site.content.questions.map((question) => prepare(question, site.zone.apex, config, net)),
  );
  const others = new Map<string, Parts[]>();
  for (const { zone, path } of targets) others.set(zone, [...(others.get(zone) ?? []), path[0]!.parts]);
  const before = process.cpuUsage();
  for (let i = 0; i < count && report.failures.length < MAX_FAILURES; i++) {
    one(random.pick(targets), config, net, others, random, report);
  }
  const { user, system } = process.cpuUsage(before);
  report.cpu_seconds += Math.round((user + system) / 10_000) / 100;
}

/** Our server without sockets; responses are made once. */
class Net {
  readonly nowSeconds: number;
  private readonly server: OwnServer;
  private readonly made = new Map<string, { octets: Uint8Array; message: Message }>();

  readonly anchor: string;

  constructor(server: OwnServer, nowSeconds: number, anchor: string) {
    this.server = server;
    this.anchor = anchor;
    this.nowSeconds = nowSeconds;
  }

  honest({ name, type }: Pick<OutQuery, "name" | "type">): { octets: Uint8Array; message: Message } {
    const key = `${type}/${name}`;
    const known = this.made.get(key);
    if (known) return known;
    const query = writeQuery({ id: 0, name, type, dnssecOk: true });
    const octets = this.server.reply(query, "tcp")!;
    const fresh = { octets, message: readMessage(octets) };
    this.made.set(key, fresh);
    return fresh;
  }
}

const keyOf = ({ name, type }: Pick<OutQuery, "name" | "type">) => `${type}/${name}`;

function prepare(question: Question, zone: string, config: ResolverConfig, net: Net): Target {
  const cache = new ResolverCache();
  const asked: OutQuery[] = [];
  const honest = drive(resolve(startRun(config, net.nowSeconds, cache), question.name, question.type), (query) => {
    asked.push(query);
    return { nowSeconds: net.nowSeconds, message: net.honest(query).message };
  });
  const path = asked.reverse().map((query) => ({ key: keyOf(query), parts: partsOf(net.honest(query).octets) }));
  // The response to the question itself goes first: it is what an attacker wants to change.
  path.sort((a, b) => Number(b.key === keyOf(question)) - Number(a.key === keyOf(question)));
  return { question, zone, honest, truth: contentOf(honest), path, chain: cache };
}

function drive<T>(step: Step<T>, reply: (query: OutQuery) => InReply): T {
  let result = step.next();
  while (!result.done) result = step.next(reply(result.value));
  return result.value;
}

/** What a resolution says, without order, case and TTL. */
function contentOf({ rcode, answer }: Resolution): string {
  const lines = answer.flatMap((set) =>
    set.records.map(
      ({ rdata }) => `${set.name} ${set.type} ${Buffer.from(canonicalRdata(set.type, rdata)).toString("hex")}`,
    ),
  );
  return [rcode, ...new Set(lines)].sort().join("\n");
}

/** A cache that knows the chain of trust and none of the responses. */
function knowing(chain: ResolverCache, zone: string, nowSeconds: number): ResolverCache {
  const cache = new ResolverCache();
  for (const name of [".", zone.slice(zone.indexOf(".") + 1), zone]) {
    const trust = chain.trust.get(name, nowSeconds);
    if (trust) cache.trust.set(name, trust.value, 3_600, nowSeconds);
    const delegation = chain.delegations.get(name, nowSeconds);
    if (delegation) cache.delegations.set(name, delegation.value, 3_600, nowSeconds);
  }
  return cache;
}

function one(
  target: Target,
  config: ResolverConfig,
  net: Net,
  others: ReadonlyMap<string, Parts[]>,
  random: Random,
  report: AttackReport,
): void {
  // Nine in ten with the chain known and the answer mutated; else from cold, with any message on the way.
  const warm = random.chance(0.9);
  const place = warm ? target.path[0]! : random.pick(target.path);
  const octets = mutate(place.parts, random, others.get(target.zone)!);
  const cache = warm ? knowing(target.chain, target.zone, net.nowSeconds) : new ResolverCache();
  const mutated = replyOf(octets, net.nowSeconds, report);
  const fail = (what: string) => {
    const { name, type } = target.question;
    const kept = keep(target, what, place.key, octets, net);
    report.failures.push({ question: `${name} ${type}, ${place.key} mutated, ${warm ? "warm" : "cold"}`, what, kept });
  };
  report.messages++;
  const start = performance.now();
  try {
    const run = startRun(config, net.nowSeconds, cache);
    const resolution = drive(resolve(run, target.question.name, target.question.type), (query) =>
      keyOf(query) === place.key ? mutated : { nowSeconds: net.nowSeconds, message: net.honest(query).message },
    );
    judge(target, resolution, fail, report);
  } catch (error) {
    fail(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  report.slowest_ms = Math.max(report.slowest_ms, Math.round(performance.now() - start));
}

/** The failure as a case to keep: all honest messages of the way, and the mutated one in its place. */
function keep(target: Target, about: string, mutatedKey: string, octets: Uint8Array, net: Net): KeptCase {
  const { name, type } = target.question;
  const messages = target.path.map(({ key }): KeptMessage => {
    const [number, ...rest] = key.split("/");
    const asked = { name: rest.join("/"), type: Number(number) };
    const sent = key === mutatedKey ? octets : net.honest(asked).octets;
    return { ...asked, transport: "udp", octets: Buffer.from(sent).toString("base64") };
  });
  const honest = target.honest.verdict.security;
  const security = honest === "secure" ? ["secure", "bogus", "indeterminate"] : ["insecure", "bogus", "indeterminate"];
  const kept = { about, clause: "", at: net.nowSeconds, anchor: net.anchor, name, type, security, messages };
  return honest === "secure" ? { ...kept, rcode: target.honest.rcode } : kept;
}

function replyOf(octets: Uint8Array, nowSeconds: number, report: AttackReport): InReply {
  try {
    return { nowSeconds, message: readMessage(octets) };
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    report.unreadable++;
    return { nowSeconds, failure: "malformed" };
  }
}

function judge(target: Target, resolution: Resolution, fail: (what: string) => void, report: AttackReport): void {
  const { security } = resolution.verdict;
  report.verdicts[security] = (report.verdicts[security] ?? 0) + 1;
  const should = target.honest.verdict.security;
  if (security === "secure") {
    if (should !== "secure") fail(`called secure, and is ${should}`);
    else if (contentOf(resolution) !== target.truth)
      fail(`called secure:\n${contentOf(resolution)}\nbut the truth is\n${target.truth}`);
  }
  if (security === "insecure" && should === "secure")
    fail(`signed, and called insecure (${resolution.verdict.reason})`);
}
