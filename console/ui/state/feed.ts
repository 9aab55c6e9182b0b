// The live feed: one WebSocket, opened again with back-off and jitter, and an honest word on whether what is shown is
// live. Everything outside (socket, clock, chance) is handed in, so that a test drives it with a real server.
import type { FeedMessage } from "../../../protocol/incident.ts";

/** `lost` from the first moment that data may be old; `connecting` only before the first snapshot ever. */
export interface LinkState {
  phase: "connecting" | "live" | "lost";
  /** Browser's clock, milliseconds: the last message. */
  lastMessageAt?: number;
  lostSince?: number;
  /** When the next attempt starts; absent while one runs. */
  nextTryAt?: number;
}

/** Where in the console's telling this screen is: of which life of it, and after which tick. */
export interface Place {
  run: string;
  after: number;
}

export interface FeedOptions {
  /** `place`: what was heard before, so that what was missed is told and not everything anew. */
  connect(place?: Place): WebSocket;
  onMessage(message: FeedMessage): void;
  onLink(state: LinkState): void;
  /** Asked after each failed connection: false ends the feed (the session is over). */
  maySignedInStill(): Promise<boolean>;
  now(): number;
  /** Between 0 and 1. */
  random(): number;
  timing?: Partial<FeedTiming>;
}

export interface FeedTiming {
  /** First wait after a loss; doubles up to the longest. The wait drawn lies between half of it and all of it. */
  firstWaitMs: number;
  longestWaitMs: number;
  /** A connection without a word for this long is given up: the console beats more often than that. */
  silentAfterMs: number;
}
const TIMING: FeedTiming = { firstWaitMs: 500, longestWaitMs: 15_000, silentAfterMs: 8_000 };

export interface Feed {
  retryNow(): void;
  /** Judges now whether the last word is too old: after a sleep of the machine its timers are late. */
  check(): void;
  close(): void;
}

/** Opens the feed and keeps it open until `close`. */
export function openFeed(options: FeedOptions): Feed {
  const timing = { ...TIMING, ...options.timing };
  let link: LinkState = { phase: "connecting" };
  let socket: WebSocket | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let place: Place | undefined;
  let ended = false;

  const tell = (next: LinkState) => {
    link = next;
    options.onLink(link);
  };

  function attempt() {
    clearTimeout(timer);
    if (ended) return;
    tell({ ...link, nextTryAt: undefined });
    const mine = options.connect(place);
    socket = mine;
    expectWord(mine);
    mine.onmessage = (event: MessageEvent) => {
      if (socket !== mine) return;
      const message = read(event.data);
      if (!message) return;
      expectWord(mine);
      failures = 0;
      place = placeAfter(place, message);
      options.onMessage(message);
      tell({ phase: "live", lastMessageAt: options.now() });
    };
    mine.onclose = () => {
      if (socket === mine) void lost();
    };
  }

  /** Starts the wait for the next word anew. */
  function expectWord(mine: WebSocket) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (socket === mine) void lost();
    }, timing.silentAfterMs);
  }

  async function lost() {
    const dead = socket;
    socket = undefined;
    dead?.close();
    clearTimeout(timer);
    const wait = Math.min(timing.longestWaitMs, timing.firstWaitMs * 2 ** failures++) * (0.5 + options.random() / 2);
    // What was shown may be old since the last word, not since we noticed.
    const lostSince = link.lostSince ?? link.lastMessageAt ?? options.now();
    tell({ phase: "lost", lastMessageAt: link.lastMessageAt, lostSince, nextTryAt: options.now() + wait });
    timer = setTimeout(attempt, wait);
    if (!(await options.maySignedInStill())) close();
  }

  function close() {
    ended = true;
    clearTimeout(timer);
    const last = socket;
    socket = undefined;
    last?.close();
  }

  attempt();
  return {
    retryNow() {
      if (socket === undefined) attempt();
    },
    check() {
      if (link.phase === "live" && options.now() - (link.lastMessageAt ?? 0) > timing.silentAfterMs) void lost();
      if (socket === undefined) attempt();
    },
    close,
  };
}

/** What this screen understands; a newer console may say more. */
const KNOWN: ReadonlySet<FeedMessage["t"]> = new Set(["snapshot", "changes", "notice"]);

/** A snapshot begins the count; a message without a number (of a console before numbers) ends it. A notice is not counted. */
function placeAfter(before: Place | undefined, message: FeedMessage): Place | undefined {
  if (message.t === "notice") return before;
  const run = message.t === "snapshot" ? message.run : before?.run;
  return run === undefined || message.seq === undefined ? undefined : { run, after: message.seq };
}

function read(data: unknown): FeedMessage | undefined {
  try {
    const message = JSON.parse(String(data)) as FeedMessage;
    return KNOWN.has(message.t) ? message : undefined;
  } catch {
    return undefined;
  }
}
