// Frames of 50 distinct items of about 300 bytes, made once as text and then patched in place (sequence, time, counter): the
// generator must not be what the bench measures. JSON allows blanks after a number, so every patch has a fixed width.
import type { Item } from "../../protocol/index.ts";
import { agentId, SERVICES } from "./world.ts";

export const PER_FRAME = 50;
const COUNTER = "000000000000";
const SEQ = "987654321012345";
const AT = 1_111_111_111_111;
const ACTORS = 20;

/** `mixed`: of ten items eight are reports with other facts, one opens or ends a finding, one is a detection. `turning`: every one opens or ends a finding. */
export type Mix = "mixed" | "turning";

const filler = "x".repeat(60);

function itemOf(agent: number, i: number, mix: Mix, bad: boolean): Item {
  const id = agentId(agent);
  const turning = mix === "turning" || i % 10 === 8;
  if (!turning && i % 10 === 9)
    return {
      type: "detection",
      id: COUNTER,
      detector: "ssh-brute-force",
      target: `${id}/ssh-log/${id}`,
      at: AT,
      class: "ssh-brute-force",
      severity: "high",
      actor: `2001:db8:bad::${(agent + i) % ACTORS}`,
      attack: ["T1110.001"],
      count: 6,
      evidence: { users: ["root", "admin"], line: filler },
    };
  const service = turning && mix === "mixed" ? "turn" : SERVICES[i % 4]!;
  // Two runs of one target in one frame must differ, or nothing would turn.
  const wrong = turning && bad !== (mix === "turning" && Math.floor(i / 4) % 2 === 1);
  return {
    type: "report",
    check: "certificate",
    target: `${id}/certificate/${service}`,
    at: AT,
    tookMs: 12.5,
    outcome: "ran",
    findings: wrong ? [{ subject: "portal.test", tag: "CERT_EXPIRED", evidence: { seen: COUNTER } }] : [],
    facts: { serial: COUNTER, path: `core1 hub1 ${id}`, issuer: filler },
  };
}

interface Template {
  text: Buffer;
  seqAt: number;
  ats: number[];
  counters: number[];
}

function templateOf(agent: number, mix: Mix, bad: boolean): Template {
  const items = Array.from({ length: PER_FRAME }, (_, i) => itemOf(agent, i, mix, bad));
  const frame = { t: "batch", epoch: 1, firstSeq: 0, items, at: AT };
  const text = JSON.stringify(frame).replace(`"firstSeq":0`, `"firstSeq":${SEQ}`);
  const all = (what: string) => [...text.matchAll(new RegExp(what, "g"))].map((m) => m.index);
  return { text: Buffer.from(text), seqAt: text.indexOf(SEQ), ats: all(String(AT)), counters: all(COUNTER) };
}

function put(text: Buffer, at: number, width: number, n: number, pad: number): void {
  let rest = n;
  for (let i = at + width - 1; i >= at; i--) {
    text[i] = rest > 0 ? 48 + (rest % 10) : pad;
    rest = Math.floor(rest / 10);
  }
}

export interface FrameMaker {
  bytesPerItem: number;
  /** The frame whose first item has that seq. The buffer is used again for the next. */
  make(firstSeq: number, at: number): Buffer;
}

export function framesOf(agent: number, mix: Mix): FrameMaker {
  const templates = [templateOf(agent, mix, false), templateOf(agent, mix, true)];
  let turn = 0;
  return {
    bytesPerItem: templates[0]!.text.length / PER_FRAME,
    make(firstSeq, at) {
      const { text, seqAt, ats, counters } = templates[turn++ % 2]!;
      text.fill(32, seqAt, seqAt + SEQ.length);
      text.write(String(firstSeq), seqAt, "latin1");
      for (const place of ats) put(text, place, 13, at, 48);
      for (const [i, place] of counters.entries()) put(text, place, COUNTER.length, firstSeq + (i % PER_FRAME), 48);
      return text;
    },
  };
}
