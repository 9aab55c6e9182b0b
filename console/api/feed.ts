// The live feed: a snapshot, then what changed, at most once a tick, each screen what its scope may see. A change goes out at once
// when the last one is a tick ago. A screen that was away says where it was: it is told what it missed, while that is still
// held, else gets a snapshot. One that does not keep up is dropped, and comes back so.
import { hash, randomBytes } from "node:crypto";
import type { WebSocket } from "ws";
import type { AgentStatus, FeedMessage, Incident, TargetStatus } from "../../protocol/index.ts";
import type { FeedChanges, Reader, Viewer } from "./ports.ts";

export interface FeedParts {
  reader(viewer: Viewer): Reader;
  now(): number;
  onClients(count: number): void;
  onDropped(): void;
}

/** A place in the feed of one life of the console. */
export interface Place {
  run: string;
  after: number;
}

export interface Feed {
  /** `still` is asked about once a second: a screen whose session is over, or whose scope is another, is sent away. */
  join(socket: WebSocket, viewer: Viewer, still: () => boolean, place?: Place): void;
  push(changes: FeedChanges): void;
  /** Tells the screens of one account that something was told to it. */
  nudge(account: string): void;
  /** Everything may be other than it was: a new snapshot for everybody. */
  restart(): void;
  close(): void;
}

export const TICK_MS = 100;
/** An empty message at least this often tells a quiet screen that the console lives. */
export const BEAT_MS = 3_000;
const STILL_EVERY_MS = 1_000;
const MOST_UNSENT = 8 * 1024 * 1024;
/** How much of the past is held for screens that come back: ticks, and rows in them. */
const HELD = { ticks: 1_000, rows: 50_000 } as const;
export const SESSION_OVER = 4401;

interface Client {
  viewer: Viewer;
  still(): boolean;
  askedAt: number;
  sentAt: number;
  /** Of a screen that sees a part: what it was told last of each incident, so that a change in others' parts is no news. */
  told: Map<string, string>;
}

/** Incidents of which a screen's last news is remembered; of another it may be told once more than it needed. */
const MOST_TOLD = 2_000;

export function createFeed(parts: FeedParts): Feed {
  const clients = new Map<WebSocket, Client>();
  const waiting = gathering();
  const past = pastOf();
  let whole = false;
  let flushedAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  const send = (socket: WebSocket, client: Client, text: string) => {
    client.sentAt = performance.now();
    if (socket.bufferedAmount <= MOST_UNSENT) return socket.send(text);
    parts.onDropped();
    clients.delete(socket);
    socket.terminate();
  };
  const snapshotOf = (viewer: Viewer): Extract<FeedMessage, { t: "snapshot" }> => ({
    ...parts.reader(viewer).snapshot(),
    run: past.run,
    seq: past.seq(),
  });
  const changesText = (changes: FeedChanges): string =>
    JSON.stringify({ t: "changes", at: parts.now(), seq: past.seq(), ...changes } satisfies FeedMessage);

  /** The text for one screen; for those who see everything worked out once. */
  const texts = (changes: FeedChanges, again: boolean) => {
    let forAll: string | undefined;
    return (client: Client): { text: string; empty: boolean } => {
      const { viewer, told } = client;
      if (again) {
        if (viewer.scope !== undefined) return { text: wholeFor(client), empty: false };
        forAll ??= JSON.stringify(snapshotOf(viewer));
        return { text: forAll, empty: false };
      }
      if (viewer.scope === undefined) {
        forAll ??= changesText(parts.reader(viewer).changes(changes));
        return { text: forAll, empty: isEmpty(changes) };
      }
      const own = newsIn(parts.reader(viewer).changes(changes), told);
      return { text: changesText(own), empty: isEmpty(own) };
    };
  };
  const wholeFor = ({ viewer, told }: Client): string => {
    const snapshot = snapshotOf(viewer);
    told.clear();
    if (viewer.scope !== undefined) for (const i of snapshot.incidents) told.set(i.id, markOf(i));
    return JSON.stringify(snapshot);
  };
  /** What a screen missed that comes back. An agency's is told all its incidents: which of them changed may be others' doing. */
  const missedFor = ({ viewer, told }: Client, missed: FeedChanges): string => {
    const reader = parts.reader(viewer);
    const own = reader.changes(missed);
    return changesText(
      viewer.scope === undefined ? own : newsIn({ ...own, incidents: reader.snapshot().incidents }, told),
    );
  };
  const isDue = (client: Client): boolean => performance.now() - client.sentAt >= BEAT_MS - TICK_MS;
  const flush = (beating: boolean) => {
    clearTimeout(timer);
    timer = undefined;
    flushedAt = performance.now();
    const changes = waiting.take();
    const again = whole;
    whole = false;
    if (again) past.forget();
    else if (!isEmpty(changes)) past.add(changes);
    const textFor = texts(changes, again);
    for (const [socket, client] of clients) {
      if (flushedAt - client.askedAt >= STILL_EVERY_MS) {
        client.askedAt = flushedAt;
        if (!client.still()) {
          socket.close(SESSION_OVER, "session-over");
          continue;
        }
      }
      const { text, empty } = textFor(client);
      // Others' news is none of an agency's screen: it hears a beat at the beat's own time, and not when something goes on elsewhere.
      if (!empty || ((beating || client.viewer.scope === undefined) && isDue(client))) send(socket, client, text);
    }
  };
  const schedule = (): void => {
    timer ??= setTimeout(() => flush(false), Math.max(0, TICK_MS - (performance.now() - flushedAt)));
  };
  const beat = setInterval(() => {
    if (performance.now() - flushedAt >= BEAT_MS - TICK_MS || [...clients.values()].some(isDue)) flush(true);
  }, BEAT_MS / 3);

  return {
    join(socket, viewer, still, place) {
      const client: Client = { viewer, still, askedAt: performance.now(), sentAt: 0, told: new Map() };
      clients.set(socket, client);
      parts.onClients(clients.size);
      socket.on("error", () => socket.terminate());
      socket.on("close", () => {
        clients.delete(socket);
        parts.onClients(clients.size);
      });
      const missed = place && past.since(place);
      // What waits for the next tick is in the snapshot already; to receive it twice is harmless: it is whole states.
      send(socket, client, missed ? missedFor(client, missed) : wholeFor(client));
    },
    push(changes) {
      waiting.add(changes);
      schedule();
    },
    nudge(account) {
      const text = JSON.stringify({ t: "notice", at: parts.now() } satisfies FeedMessage);
      for (const [socket, client] of clients) if (client.viewer.account === account) send(socket, client, text);
    },
    restart() {
      whole = true;
      schedule();
    },
    close() {
      clearInterval(beat);
      clearTimeout(timer);
      for (const socket of clients.keys()) {
        socket.close(1001, "console-stops");
        setTimeout(() => socket.terminate(), 300).unref();
      }
    },
  };
}

const rowsOf = (c: FeedChanges): number =>
  c.agents.length + c.targets.length + c.removedTargets.length + c.incidents.length;
const isEmpty = (c: FeedChanges): boolean => rowsOf(c) === 0;

const markOf = (incident: Incident): string => hash("sha256", JSON.stringify(incident), "base64");

/** Without the incidents whose own part is what the screen was told last; what it is told now is noted. */
function newsIn(changes: FeedChanges, told: Map<string, string>): FeedChanges {
  const incidents = changes.incidents.filter((incident) => {
    const mark = markOf(incident);
    if (told.get(incident.id) === mark) return false;
    told.delete(incident.id);
    told.set(incident.id, mark);
    if (told.size > MOST_TOLD) told.delete(told.keys().next().value!);
    return true;
  });
  return { ...changes, incidents };
}

/** Changes as they gather: the last state of each thing. */
function gathering() {
  const agents = new Map<string, AgentStatus>();
  const targets = new Map<string, TargetStatus>();
  const removed = new Set<string>();
  const incidents = new Map<string, Incident>();
  return {
    add(changes: FeedChanges): void {
      for (const a of changes.agents) agents.set(a.agent, a);
      for (const t of changes.targets) {
        targets.set(t.target, t);
        removed.delete(t.target);
      }
      for (const id of changes.removedTargets) {
        removed.add(id);
        targets.delete(id);
      }
      for (const i of changes.incidents) incidents.set(i.id, i);
    },
    take(): FeedChanges {
      const taken = {
        agents: [...agents.values()],
        targets: [...targets.values()],
        removedTargets: [...removed],
        incidents: [...incidents.values()],
      };
      for (const part of [agents, targets, removed, incidents]) part.clear();
      return taken;
    },
  };
}

/** The last ticks, for screens that come back. */
function pastOf() {
  // Another life of the console has another name: its numbers say nothing here.
  const run = randomBytes(8).toString("hex");
  let ticks: { seq: number; changes: FeedChanges }[] = [];
  let [seq, rows] = [0, 0];
  return {
    run,
    seq: () => seq,
    add(changes: FeedChanges): void {
      ticks.push({ seq: ++seq, changes });
      rows += rowsOf(changes);
      while (ticks.length > HELD.ticks || rows > HELD.rows) rows -= rowsOf(ticks.shift()!.changes);
    },
    /** The numbers go on, so that nobody takes what comes for what was. */
    forget(): void {
      seq++;
      ticks = [];
      rows = 0;
    },
    /** Everything after that place as one; undefined when it is not held any more, or was never ours. */
    since(place: Place): FeedChanges | undefined {
      const first = ticks[0]?.seq ?? seq + 1;
      if (place.run !== run || place.after < first - 1 || place.after > seq) return undefined;
      const all = gathering();
      for (const tick of ticks) if (tick.seq > place.after) all.add(tick.changes);
      return all.take();
    },
  };
}
