// The live feed of the screen: a snapshot, then what changed, at most once a tick. A change goes out at once when the
// last one is a tick ago; a screen that does not keep up is dropped, and gets a snapshot when it comes back.
import type { WebSocket } from "ws";
import type { AgentStatus, FeedMessage, Incident, TargetStatus } from "../../protocol/index.ts";

export interface FeedChanges {
  agents: AgentStatus[];
  targets: TargetStatus[];
  removedTargets: string[];
  incidents: Incident[];
}

export interface FeedParts {
  snapshot(): Extract<FeedMessage, { t: "snapshot" }>;
  now(): number;
  onClients(count: number): void;
  onDropped(): void;
}

export interface Feed {
  /** `expired` is asked with each tick: a screen whose session is over is sent away. */
  join(socket: WebSocket, expired: () => boolean): void;
  push(changes: FeedChanges): void;
  /** Everything may be other than it was: a new snapshot for everybody. */
  restart(): void;
  close(): void;
}

export const TICK_MS = 100;
/** An empty message at least this often tells a quiet screen that the console lives. */
export const BEAT_MS = 3_000;
const MOST_UNSENT = 8 * 1024 * 1024;
export const SESSION_OVER = 4401;

export function createFeed(parts: FeedParts): Feed {
  const clients = new Map<WebSocket, () => boolean>();
  const agents = new Map<string, AgentStatus>();
  const targets = new Map<string, TargetStatus>();
  const removed = new Set<string>();
  const incidents = new Map<string, Incident>();
  let whole = false;
  let sentAt = Number.NEGATIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  const clear = () => {
    for (const part of [agents, targets, removed, incidents]) part.clear();
    whole = false;
  };
  const send = (socket: WebSocket, text: string) => {
    if (socket.bufferedAmount > MOST_UNSENT) {
      parts.onDropped();
      return socket.terminate();
    }
    socket.send(text);
  };
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    sentAt = performance.now();
    if (clients.size === 0) return clear();
    const message: FeedMessage = whole
      ? parts.snapshot()
      : {
          t: "changes",
          at: parts.now(),
          agents: [...agents.values()],
          targets: [...targets.values()],
          removedTargets: [...removed],
          incidents: [...incidents.values()],
        };
    clear();
    const text = JSON.stringify(message);
    for (const [socket, expired] of clients) {
      if (expired()) socket.close(SESSION_OVER, "session-over");
      else send(socket, text);
    }
  };
  const schedule = (): void => {
    timer ??= setTimeout(flush, Math.max(0, TICK_MS - (performance.now() - sentAt)));
  };
  const beat = setInterval(() => {
    if (performance.now() - sentAt >= BEAT_MS - TICK_MS) flush();
  }, BEAT_MS / 3);

  return {
    join(socket, expired) {
      clients.set(socket, expired);
      parts.onClients(clients.size);
      socket.on("error", () => socket.terminate());
      socket.on("close", () => {
        clients.delete(socket);
        parts.onClients(clients.size);
      });
      // What waits for the next tick is in the snapshot already; to receive it twice is harmless: it is whole states.
      send(socket, JSON.stringify(parts.snapshot()));
    },
    push(changes) {
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
      schedule();
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
