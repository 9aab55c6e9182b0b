// The life of an incident: which moves there are, who may make them and what they need. One table and one judge, used by
// the correlator that makes the moves, by the API that refuses, and by the screen that offers. Pure.
//
//   new → acknowledged → investigating → contained → recovered → closed
//
// - The machine moves an incident to `recovered` and back; it closes only the classes that policy lists.
// - What the machine watches recovers when no evidence is left, never by a person's word. An attack or a declared incident has
//   no end that a machine could know: a person says that it is over.
// - Closing needs a person, a resolution, and an incident that is over. Only its owner closes one that has an owner.
import type { Incident, IncidentState } from "./incident.ts";

/** What a person asks for. */
export type Act =
  /** Takes it; over somebody else's head only with a reason. */
  | { kind: "acknowledge"; reason?: string }
  | { kind: "assign"; to: string; reason: string }
  | { kind: "investigate" }
  | { kind: "contain"; reason: string }
  | { kind: "recover"; reason: string }
  | { kind: "close"; resolution: string }
  | { kind: "reopen"; reason: string }
  /** This one becomes part of another. */
  | { kind: "merge"; into: string; reason: string }
  /** What happened at these agencies becomes an incident of its own. */
  | { kind: "split"; agencies: string[]; reason: string }
  | { kind: "set-severity"; severity: Incident["severity"]; reason: string }
  /** The earliest detection was at another time than the evidence says. */
  | { kind: "correct-detection"; at: number; reason: string };
export type ActKind = Act["kind"];

export type ActRefusal =
  | "incident-unknown"
  | "incident-closed"
  | "incident-open"
  | "owned-by-other"
  | "move-not-allowed"
  | "reason-required"
  | "resolution-required"
  | "machine-decides"
  | "nothing-to-merge"
  | "nothing-to-split"
  | "time-impossible"
  | "store-unavailable";
export type ActResult = { ok: true; incident: Incident } | { ok: false; code: ActRefusal };

/** Allowed moves by people: act → the states that it may start from, and where it leads. */
export const MOVES = {
  acknowledge: { from: ["new", "acknowledged", "investigating", "contained", "recovered"], to: "acknowledged" },
  assign: { from: ["new", "acknowledged", "investigating", "contained", "recovered"], to: "acknowledged" },
  investigate: { from: ["new", "acknowledged", "contained"], to: "investigating" },
  contain: { from: ["new", "acknowledged", "investigating"], to: "contained" },
  recover: { from: ["new", "acknowledged", "investigating", "contained"], to: "recovered" },
  close: { from: ["new", "acknowledged", "investigating", "contained", "recovered"], to: "closed" },
  reopen: { from: ["recovered", "closed"], to: "investigating" },
} as const satisfies Partial<Record<ActKind, { from: readonly IncidentState[]; to: IncidentState }>>;

/** Work goes on: neither recovered nor closed. */
export const isWorking = (i: Pick<Incident, "state">): boolean => i.state !== "recovered" && i.state !== "closed";

/** `open`: trouble stands. `waiting`: over or quiet, and a person has to close it. */
export type Phase = "open" | "waiting" | "closed";
export const phaseOf = (i: Pick<Incident, "state" | "quietAt">): Phase =>
  i.state === "closed" ? "closed" : i.state === "recovered" || i.quietAt !== undefined ? "waiting" : "open";

/** True when only a person can say that it is over. */
export const endsByPerson = (i: Pick<Incident, "class" | "declared">): boolean =>
  i.class === "intrusion" || i.class === "data" || i.declared !== undefined;

/** Why this person may not do that now; undefined when they may. Blank reasons are none. */
export function refusalOf(i: Incident, account: string, act: Act): ActRefusal | undefined {
  if (i.state === "closed" && act.kind !== "reopen") return "incident-closed";
  const ofOther = i.owner !== undefined && i.owner !== account;
  if (act.kind in MOVES && !(MOVES[act.kind as keyof typeof MOVES].from as readonly string[]).includes(i.state))
    return "move-not-allowed";
  switch (act.kind) {
    case "acknowledge":
      return ofOther && blank(act.reason) ? "reason-required" : undefined;
    case "investigate":
      return ofOther ? "owned-by-other" : undefined;
    case "recover":
      if (!endsByPerson(i)) return "machine-decides";
      return blank(act.reason) ? "reason-required" : undefined;
    case "close":
      if (blank(act.resolution)) return "resolution-required";
      if (phaseOf(i) === "open") return "incident-open";
      return ofOther ? "owned-by-other" : undefined;
    case "merge":
      if (act.into === i.id) return "nothing-to-merge";
      return blank(act.reason) ? "reason-required" : undefined;
    case "split": {
      if (blank(act.reason)) return "reason-required";
      const there = new Set(i.evidence.map((e) => e.agency));
      const leaves = act.agencies.filter((a) => there.has(a));
      return leaves.length === 0 || leaves.length === there.size ? "nothing-to-split" : undefined;
    }
    case "correct-detection":
      if (!Number.isSafeInteger(act.at) || act.at < 0 || act.at > i.openedAt) return "time-impossible";
      return blank(act.reason) ? "reason-required" : undefined;
    default:
      return blank(act.reason) ? "reason-required" : undefined;
  }
}

const blank = (text: string | undefined): boolean => text === undefined || text.trim() === "";
