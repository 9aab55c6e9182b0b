// Bytes to frames and back. Everything that comes from the other side passes here first and leaves either as a frame of
// a known shape or as a named refusal; nothing else reads the wire.
import { Compile } from "typebox/compile";
import {
  AGENT_FRAMES,
  type AgentFrame,
  CONSOLE_FRAMES,
  type ConsoleFrame,
  FRAME_LIMITS,
  type RefusalCode,
} from "./frame.ts";

/** A frame, or the stable name of what is wrong with it and where. */
export type Decoded<F> = { ok: true; frame: F } | { ok: false; code: RefusalCode; detail: string };

const agentShapes = new Map(Object.entries(AGENT_FRAMES).map(([t, s]) => [t, Compile(s)]));
const consoleShapes = new Map(Object.entries(CONSOLE_FRAMES).map(([t, s]) => [t, Compile(s)]));
type Shapes = ReadonlyMap<
  string,
  { Check(v: unknown): boolean; Errors(v: unknown): { instancePath: string; message: string }[] }
>;

/** Reads a frame that an agent sent. Never throws. */
export const decodeAgentFrame = (data: Uint8Array, isBinary: boolean): Decoded<AgentFrame> =>
  decode(data, isBinary, agentShapes as Shapes);

/** Reads a frame that the console sent. Never throws. */
export const decodeConsoleFrame = (data: Uint8Array, isBinary: boolean): Decoded<ConsoleFrame> =>
  decode(data, isBinary, consoleShapes as Shapes);

/** The text of one frame. */
export const encodeFrame = (frame: AgentFrame | ConsoleFrame): string => JSON.stringify(frame);

const utf8 = new TextDecoder("utf-8", { fatal: true });

function decode<F>(data: Uint8Array, isBinary: boolean, shapes: Shapes): Decoded<F> {
  if (data.byteLength > FRAME_LIMITS.bytes)
    return refused("frame-too-large", `${data.byteLength} bytes, at most ${FRAME_LIMITS.bytes}`);
  if (isBinary) return refused("frame-not-text", "a binary message, a text one was expected");
  const tooDeep = () => refused("frame-too-deep", `nested deeper than ${FRAME_LIMITS.depth}`);
  let value: unknown;
  try {
    value = JSON.parse(utf8.decode(data));
  } catch (error) {
    if (deeperThan(data, FRAME_LIMITS.depth)) return tooDeep();
    return refused("frame-not-json", (error as Error).message.slice(0, 200));
  }
  const t = typeof value === "object" && value !== null ? (value as { t?: unknown }).t : undefined;
  const shape = typeof t === "string" ? shapes.get(t) : undefined;
  // A frame of its shape is no deeper than the shape: only what is refused anyway has its brackets counted.
  if (shape?.Check(value)) return { ok: true, frame: value as F };
  if (deeperThan(data, FRAME_LIMITS.depth)) return tooDeep();
  if (!shape) return refused("frame-unknown-type", `t is ${JSON.stringify(t)?.slice(0, 40) ?? "missing"}`);
  return refused("frame-invalid", firstError(shape.Errors(value)));
}

const refused = (code: RefusalCode, detail: string) => ({ ok: false, code, detail }) as const;

function firstError(errors: { instancePath: string; message: string }[]): string {
  // A union reports each alternative; the deepest path is the one that the sender can act upon.
  const worst = errors.reduce((a, b) => (b.instancePath.length > a.instancePath.length ? b : a), errors[0]!);
  return `${worst.instancePath || "/"} ${worst.message}`.slice(0, 300);
}

/** Counts brackets outside strings: hostile nesting is named before its errors are listed. JSON.parse itself does not recurse. */
function deeperThan(data: Uint8Array, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = 0; i < data.length; i++) {
    const c = data[i]!;
    if (inString) {
      if (c === 0x5c) i++;
      else if (c === 0x22) inString = false;
    } else if (c === 0x22) inString = true;
    else if (c === 0x7b || c === 0x5b) {
      if (++depth > limit) return true;
    } else if (c === 0x7d || c === 0x5d) depth--;
  }
  return false;
}
