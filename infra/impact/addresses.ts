// Addresses that somebody may have written down and that will be others. Pure.
import type { Effect } from "./effect.ts";
import type { Step } from "./step.ts";

/** One sentence for each device whose addresses change on a host or link that stays. */
export function addressEffects(step: Step): Effect[] {
  if (step.op === "same" || step.op === "create" || step.op === "delete" || step.kind === "Group") return [];
  if (step.kind === "Services" || !step.before || !step.after) return [];
  return devicesOf(step).flatMap(({ host, device, before, after }) =>
    before.join() === after.join()
      ? []
      : [{ key: "address-changed", facts: { host, device, before, after }, steps: [step.number] } satisfies Effect],
  );
}

interface Addressed {
  host: string;
  device: string;
  before: string[];
  after: string[];
}

function devicesOf(step: Step & { kind: "Host" | "Link" }): Addressed[] {
  if (step.kind === "Link")
    return (["a", "b"] as const).map((end) => ({
      host: step.after![end].host,
      device: step.after![end].device,
      before: step.before![end].addresses,
      after: step.after![end].addresses,
    }));
  const [was, will] = [step.before!, step.after!];
  const bridges = new Set([...was.bridges, ...will.bridges].map((b) => b.device));
  const of = (side: typeof was, device: string) => side.bridges.find((b) => b.device === device)?.addresses ?? [];
  return [
    { host: step.name, device: "lo", before: was.loopback, after: will.loopback },
    ...[...bridges].map((device) => ({ host: step.name, device, before: of(was, device), after: of(will, device) })),
  ];
}
