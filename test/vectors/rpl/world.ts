/**
 * Plays a scenario: steps, scripted servers, time; the loop of testbound (testcode/fake_event.c, run_scenario) and the
 * differences of Deckard (first range that fits answers alone; what nobody scripted is SERVFAIL).
 */
import { DnsError, type Message, readMessage } from "../../../agent/wire/dns/index.ts";
import { writeQuery } from "../../../agent/wire/dns/query.ts";
import { type Resolution, resolve, startRun } from "../../../agent/wire/dns/resolve.ts";
import { ResolverCache } from "../../../agent/wire/dns/resolver/cache.ts";
import type { InReply, OutQuery, ReplyFailure, Step } from "../../../agent/wire/dns/resolver/machine.ts";
import { readSettings, type Settings } from "./config.ts";
import { refusal, replyTo } from "./front.ts";
import { mismatch, type Received } from "./match.ts";
import { type Entry, type Range, type Scenario, type ScenarioStep, Skip } from "./syntax.ts";
import { readReplyWords, writeMessage } from "./wire.ts";

/** A client's query under way. */
interface Task {
  /** How often the pending query has failed so far. */
  readonly failures: number;
  readonly query: Message;
  readonly machine: Step<Resolution>;
  pending: OutQuery;
}

export interface Outcome {
  /** Step by step what was compared and held. */
  readonly checked: number;
  /** undefined when all held. */
  readonly failure: string | undefined;
  readonly queries: number;
}

/** A stop against machines that never end; the longest scenarios need a few hundred. */
const MAX_ROUNDS = 5000;

/** Unbound's outbound-msg-retry. */
const MAX_FAILURES = 5;

/** What a watcher of a scenario is told: each query sent, each resolution. */
export type Watch = (event: { readonly sent: OutQuery } | { readonly resolved: Resolution }) => void;

/** Plays it. Throws Skip for what is not known; other errors are defects of ours. */
export function play(scenario: Scenario, watch: Watch = () => {}): Outcome {
  return new World(scenario, readSettings(scenario.options), watch).run();
}

class World {
  private readonly scenario: Scenario;
  private readonly settings: Settings;
  private readonly cache = new ResolverCache();
  private nowSeconds: number;
  private tasks: Task[] = [];
  private answers: Received[] = [];
  private readonly spent = new Set<Entry>();
  private readonly used = new Set<Entry>();
  private at = 0;
  /** Deckard's ranges are compared with the step that asked, testbound's with the one that comes next. */
  private askedBy = 0;
  private checked = 0;
  private queries = 0;

  private readonly watch: Watch;

  constructor(scenario: Scenario, settings: Settings, watch: Watch) {
    this.watch = watch;
    this.scenario = scenario;
    this.settings = settings;
    this.nowSeconds = settings.startSeconds;
  }

  run(): Outcome {
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const step = this.scenario.steps[this.at];
      if (!step) return this.finish(this.unmet());
      const failure = this.round(step);
      if (failure !== undefined) return this.finish(`step ${step.id}: ${failure}`);
    }
    return this.finish("too many rounds");
  }

  /** Deckard's mandatory entries that no query met. */
  private unmet(): string | undefined {
    const all = this.scenario.ranges.flatMap((range) => range.entries);
    const missed = all.find((entry) => entry.mandatory && !this.used.has(entry));
    return missed && `the mandatory entry of line ${missed.line} was never asked for`;
  }

  private finish(failure: string | undefined): Outcome {
    const nothing = failure === undefined && this.checked === 0 ? "nothing was checked" : failure;
    return { checked: this.checked, failure: nothing, queries: this.queries };
  }

  private round(step: ScenarioStep): string | undefined {
    if (step.type === "CHECK_OUT_QUERY") return this.checkOutQuery(step);
    if (step.type === "CHECK_ANSWER" && this.answers.length > 0) return this.checkAnswer(step);
    if (this.answerFromScript(step)) return undefined;
    return this.act(step);
  }

  /** The step itself, when nothing that is pending can go on. */
  private act(step: ScenarioStep): string | undefined {
    if (step.type === "CHECK_ANSWER") {
      // Nobody scripted what is pending: it times out, as it would in the end.
      const [task] = this.tasks;
      if (!task) return "no answer to check";
      this.resume(task, { nowSeconds: this.nowSeconds, failure: "timeout" });
      return undefined;
    }
    this.at++;
    this.askedBy = step.id;
    if (step.type === "QUERY") this.startQuery(step.entry!);
    else if (step.type === "TIME_PASSES") this.nowSeconds += step.elapseSeconds;
    else if (step.type === "REPLY" && this.settings.dialect === "unbound") return this.replyToLast(step.entry!);
    else if (step.type === "TIMEOUT" || step.type === "ERROR") {
      return this.failLast(step.type === "TIMEOUT" ? "timeout" : "unreachable");
    }
    return undefined;
  }

  private startQuery(entry: Entry): void {
    const reply = readReplyWords(entry.reply);
    const edns = this.settings.dialect === "deckard" || reply.dnssecOk;
    const { question, answer, authority, additional } = entry.packet;
    const sections = { answer: answer ?? [], authority: authority ?? [], additional: additional ?? [] };
    if (entry.packet.raw) throw new Skip("a query in raw octets");
    const query = readMessage(writeMessage({ id: 0, reply, question: question ?? [], ...sections, edns }));
    const refused = refusal(query);
    if (refused) {
      this.answers.push({ message: readMessage(refused), transport: "udp" });
      return;
    }
    const [asked] = query.questions;
    const { resolver, validates, ignoreCd } = this.settings;
    const cached = this.cache.responses.get(`${asked!.type}/${asked!.name}`, this.nowSeconds);
    if (!query.recursionDesired && !cached) throw new Skip("a query without RD for what is not cached");
    const validate = validates && (!query.checkingDisabled || ignoreCd);
    const run = startRun(resolver, this.nowSeconds, this.cache);
    const machine = resolve(run, asked!.name, asked!.type, { validate });
    this.advance({ query, machine }, machine.next());
  }

  private advance(task: Omit<Task, "pending" | "failures">, result: IteratorResult<OutQuery, Resolution>): void {
    if (result.done) {
      this.watch({ resolved: result.value });
      const bytes = replyTo(task.query, result.value, this.settings);
      this.answers.push({ message: readMessage(bytes), transport: "udp" });
      return;
    }
    this.queries++;
    this.watch({ sent: result.value });
    this.tasks.unshift({ ...task, failures: 0, pending: result.value });
  }

  private resume(task: Task, reply: InReply): void {
    this.tasks = this.tasks.filter((other) => other !== task);
    this.advance(task, task.machine.next(reply));
  }

  private checkAnswer(step: ScenarioStep): string | undefined {
    const differences = this.answers.map((answer) => mismatch(step.entry!, answer, this.settings.dialect));
    const found = differences.indexOf(undefined);
    if (found < 0) return differences.at(-1);
    this.answers.splice(found, 1);
    this.checked++;
    this.at++;
    return undefined;
  }

  private checkOutQuery(step: ScenarioStep): string | undefined {
    if (this.settings.dialect === "deckard") {
      this.at++;
      return undefined;
    }
    for (const task of this.tasks) {
      if (step.address !== undefined && step.address !== task.pending.server) continue;
      if (mismatch(step.entry!, this.sent(task), "unbound") !== undefined) continue;
      this.checked++;
      this.at++;
      if (step.entry!.adjust.includes("copy_id")) this.resume(task, this.replyFrom(step.entry!, task));
      return undefined;
    }
    if (this.answerFromScript(step)) return undefined;
    // What has failed already is given up, so that the next server's turn comes.
    const failed = this.tasks.find((task) => task.failures > 0);
    if (!failed) return "no such query was sent";
    this.resume(failed, { nowSeconds: this.nowSeconds, failure: "timeout" });
    return undefined;
  }

  /** What the resolver sent, as a message: entries match queries as well as answers. */
  private sent({ pending }: Task): Received {
    const { name, type, recursionDesired, checkingDisabled, transport } = pending;
    const bytes = writeQuery({ id: 0, name, type, recursionDesired, checkingDisabled, dnssecOk: true, udpSize: 4096 });
    return { message: readMessage(bytes), transport };
  }

  /** Answers one pending query from the ranges; false when none can be. */
  private answerFromScript(step: ScenarioStep): boolean {
    for (const task of this.tasks) {
      const reply = this.scripted(step, task);
      if (!reply) continue;
      this.resume(task, reply);
      return true;
    }
    return false;
  }

  private scripted(step: ScenarioStep, task: Task): InReply | undefined {
    const { dialect } = this.settings;
    const id = dialect === "deckard" ? this.askedBy : step.id;
    const ranges = this.scenario.ranges.filter((range) => range.from <= id && id <= range.to);
    const sent = this.sent(task);
    for (const range of eligible(ranges, this.scenario.ranges, task.pending.server, dialect === "deckard")) {
      const entry = range.entries.find((one) => mismatch(one, sent, dialect) === undefined);
      if (entry) return this.replyFrom(entry, task);
    }
    if (dialect === "unbound") return undefined;
    return this.oneShot(step, sent, task) ?? this.servfail(task);
  }

  /** Deckard: a REPLY step not yet used answers what no range does. */
  private oneShot(step: ScenarioStep, sent: Received, task: Task): InReply | undefined {
    for (const { id, type, entry } of this.scenario.steps) {
      if (type !== "REPLY" || id < step.id || !entry || this.spent.has(entry)) continue;
      if (mismatch(entry, sent, "deckard") !== undefined) continue;
      this.spent.add(entry);
      return this.replyFrom(entry, task);
    }
    return undefined;
  }

  private servfail(task: Task): InReply {
    const query = this.sent(task).message;
    const question = query.questions.map((one) => ({ wire: one.wire, type: one.type, class: one.class }));
    const reply = readReplyWords(["QR", "SERVFAIL"]);
    const bytes = writeMessage({ id: 0, reply, question, answer: [], authority: [], additional: [], edns: true });
    return { nowSeconds: this.nowSeconds, message: readMessage(bytes) };
  }

  private replyFrom(entry: Entry, task: Task): InReply {
    this.used.add(entry);
    const query = this.sent(task).message;
    const asked = query.questions.map((one) => ({ wire: one.wire, type: one.type, class: one.class }));
    const { question, answer, authority, additional, raw } = entry.packet;
    const reply = readReplyWords(entry.reply);
    const copied = entry.adjust.includes("copy_query") ? asked : (question ?? []);
    const sections = { answer: answer ?? [], authority: authority ?? [], additional: additional ?? [] };
    const edns = reply.dnssecOk || this.settings.dialect === "deckard";
    if (entry.adjust.includes("do_not_answer")) return { nowSeconds: this.nowSeconds, failure: "timeout" };
    try {
      const bytes = raw ?? writeMessage({ id: 0, reply, question: copied, ...sections, edns });
      return { nowSeconds: this.nowSeconds, message: readMessage(bytes) };
    } catch (error) {
      if (error instanceof DnsError) return { nowSeconds: this.nowSeconds, failure: "malformed" };
      throw error;
    }
  }

  private replyToLast(entry: Entry): string | undefined {
    const [task] = this.tasks;
    if (!task) return "no pending query to reply to";
    this.resume(task, this.replyFrom(entry, task));
    return undefined;
  }

  private failLast(failure: ReplyFailure): string | undefined {
    const [task] = this.tasks;
    if (!task) return "no pending query to fail";
    // Unbound asks again so many times; to our machine that is one question, which the world repeats.
    const failures = task.failures + 1;
    if (failures < MAX_FAILURES) this.tasks = this.tasks.map((one) => (one === task ? { ...task, failures } : one));
    else this.resume(task, { nowSeconds: this.nowSeconds, failure });
    return undefined;
  }
}

/** Ranges that speak for an address, in order. Deckard: the first only, and an address that no range has is any address. */
function eligible(
  ranges: readonly Range[],
  all: readonly Range[],
  address: string,
  deckard: boolean,
): readonly Range[] {
  const known = all.some((range) => range.addresses.includes(address));
  const fits = ranges.filter(
    (range) => range.addresses.length === 0 || range.addresses.includes(address) || (deckard && !known),
  );
  return deckard ? fits.slice(0, 1) : fits;
}
