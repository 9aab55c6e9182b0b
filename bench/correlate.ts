// What one step of the correlator costs while N alerts are open. The alerts are spread over as many assets; each step opens or
// ends one more. The peer is the same code told to look at everything at every step, as the first version did.
import { parseArgs } from "node:util";
import { type Input, initialState, type State, step } from "../console/correlate/index.ts";
import { isWorking, type Registry, type Report, type Target } from "../protocol/index.ts";
import { provinceOf } from "./ingest/world.ts";

const SIZES = [10, 10_000, 100_000];
/** No storm collapses what is to be measured one by one. */
const policy = { reopenMs: 1_800_000, closes: [], closeAfterMs: 86_400_000, storm: { at: 1, windowMs: 0 } };
const SETTINGS = { settleMs: 600, recoverMs: 3_000, graceMs: 15_000, policy };
/** Alerts of one agent: its five certificates. */
const PER_AGENT = 5;

/** `--steps N` (20000) measured after as many to warm up; of the peer, which is slow, fewer. */
export async function correlate(args: string[]): Promise<unknown> {
  const { values } = parseArgs({ args, options: { steps: { type: "string", default: "20000" } } });
  const steps = Number(values.steps);
  const ours: Record<string, number> = {};
  const everything: Record<string, number> = {};
  for (const size of SIZES) {
    const desk = openAlerts(size);
    ours[`us_per_step_${size}`] = round(costOf(desk, steps, false));
    const few = Math.max(3, Math.round(20_000 / size));
    everything[`us_per_step_${size}`] = round(costOf(desk, few, true));
  }
  const [small, large] = [ours["us_per_step_10"]!, ours["us_per_step_100000"]!];
  return { ours, peer: { everything_anew: everything }, ratio: round(large / small) };
}

interface Desk {
  state: State;
  targets: Target[];
  open: number;
  now: number;
}

function openAlerts(open: number): Desk {
  const registry: Registry = provinceOf(Math.ceil(open / PER_AGENT) + 20);
  const targets = registry.targets.filter((t) => t.kind === "certificate");
  const desk: Desk = { state: initialState(SETTINGS), targets, open, now: 1_000_000 };
  feed(desk, { type: "registry", registry });
  for (const agent of registry.agents)
    feed(desk, { type: "presence", agent: agent.id, presence: "live", since: desk.now });
  for (const [i, target] of targets.entries()) feed(desk, reportOf(target, i < open, desk.now));
  desk.now += 10_000;
  feed(desk, { type: "tick" });
  const opened = [...desk.state.tracked.values()].filter((t) => isWorking(t.incident)).length;
  if (opened !== open) throw new Error(`${opened} incidents are open, ${open} were expected`);
  return desk;
}

/** Microseconds a step, on targets beyond those whose alerts stay open. */
function costOf(desk: Desk, steps: number, anew: boolean): number {
  const spare = desk.targets.slice(desk.open);
  const run = () => {
    const began = process.cpuUsage();
    for (let i = 0; i < steps; i++) {
      if (anew) desk.state.derived.stale = true;
      desk.now += 1;
      feed(desk, reportOf(spare[i % spare.length]!, Math.floor(i / spare.length) % 2 === 0, desk.now));
    }
    const { user, system } = process.cpuUsage(began);
    return (user + system) / steps;
  };
  if (!anew) run();
  return run();
}

const feed = (desk: Desk, input: Input) => step(desk.state, input, desk.now);

function reportOf(target: Target, bad: boolean, at: number): Input {
  const findings = bad ? [{ subject: "portal.test", tag: "CERT_EXPIRED", evidence: { seen: "x" } }] : [];
  const report: Report = {
    type: "report",
    check: "certificate",
    target: target.id,
    at,
    tookMs: 1,
    outcome: "ran",
    findings,
  };
  return { type: "report", agent: target.agent, report, receivedAt: at };
}

const round = (n: number) => Number(n.toFixed(2));
