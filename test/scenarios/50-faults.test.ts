// The whole catalogue of faults: each is injected, raises the incident that it says and no other, is undone, recovers, and leaves the
// network as planned. In rounds of faults that do not touch one another; `VONGGAC_FAULTS=each` takes them one by one, with a whole
// verify after each, and prints the table of docs/faults.md.
import assert from "node:assert/strict";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProofName, Verified } from "../../infra/commands.ts";
import { catalogue, type Expected } from "../../infra/platforms/lab/faults/index.ts";
import type { Incident } from "../../protocol/index.ts";
import { ensureLab, mustLab, ROOT, run, STACK, until, whyNoLab } from "../support/lab.ts";
import { allRecovered, nameOf, Watch } from "../support/watch.ts";

const skip = whyNoLab() ?? false;
const EACH = process.env["VONGGAC_FAULTS"] === "each";
/** How long after the last expected one nothing else may open. */
const QUIET_MS = EACH ? 20_000 : 5_000;
/** Of what nothing finds: at least so long nothing may be said. */
const BLIND_MS = 20_000;
const RECOVER_MS = EACH ? 330_000 : 120_000;
/** Only the zone's whole audit sees it, every four minutes: its recovery is waited for at the end. */
const SLOW = "missing-ds";
const AUDIT_MS = 300_000;

/** Name and target; a target that is left out is the fault's own default. */
type Break = readonly [fault: string, target?: string];
const ROUNDS: readonly (readonly Break[])[] = [
  [
    ["link-down", "hub1~so-noi-vu"],
    ["expire-signatures"],
    ["expire-certificate", "portal"],
    ["bgp-leak", "isp2"],
    ["port-scan", "bast1"],
    ["device-down", "ups-dc2"],
  ],
  [["upstream-down", "isp2"], ["corrupt-signature"], ["misname-certificate", "portal"], ["flood", "bast1"]],
  [
    ["missing-ds"],
    ["loss", "hub1~phuong-an-xuyen"],
    ["latency", "hub1~phuong-ly-van-lam"],
    ["wrong-mtu", "hub1~xa-nam-can"],
    ["bandwidth", "hub1~xa-dat-mui"],
    ["silent-drop", "hub2~phuong-bac-lieu"],
    ["disk-full", "phuong-gia-rai"],
    ["rogue-ra", "so-khoa-hoc-cong-nghe"],
    ["internet-path", "so-noi-vu"],
    ["false-time", "res1"],
    ["daemon-killed", "res2/unbound"],
    ["page-defaced", "portal"],
    ["ssh-bruteforce", "bast1"],
  ],
  [
    ["hub-down", "hub1"],
    ["resolver-not-validating", "res1"],
    ["missing-intermediate", "portal"],
    ["bgp-hijack", "isp2"],
  ],
];

interface Injected {
  fault: string;
  target: string;
  injectedAt: number;
  expects: Expected;
}
const rows: string[] = [];
/** Incidents of a round before whose recovery takes longer than a round. */
const late: string[] = [];

before(
  async () => {
    if (!skip) await ensureLab();
  },
  { timeout: 300_000 },
);
after(() => {
  if (rows.length > 0)
    console.log(["", "| fault | target | incident | after |", "|---|---|---|---|", ...rows].join("\n"));
});

test("every fault of the catalogue is in a round, once", () => {
  const tried = ROUNDS.flat().map(([fault]) => fault);
  assert.deepEqual(
    tried.toSorted(),
    catalogue()
      .map((f) => f.name)
      .sort(),
  );
});

const rounds = EACH ? ROUNDS.flat().map((one) => [one]) : ROUNDS;
for (const round of rounds)
  test(`${round.map(([fault]) => fault).join(", ")}: each raises its own incident and no other, and leaves nothing`, {
    skip,
    timeout: 900_000,
  }, async () => {
    const watch = await Watch.start();
    const injected: Injected[] = [];
    try {
      for (const [fault, target] of round)
        injected.push(JSON.parse(await mustLab("fault", fault, ...(target ? [target] : []), "--json")));
      await onlyTheirs(injected, watch);
    } catch (error) {
      await undone(injected);
      // One failure is one: the next round begins with a whole province.
      await allRecovered(RECOVER_MS, late).catch(() => {});
      throw error;
    }
    await undone(injected);
    late.push(...(EACH ? [] : injected.filter((one) => one.fault === SLOW).flatMap(all)));
    await allRecovered(RECOVER_MS, late);
    await clean(EACH ? [] : ["routes", "rules"]);
    // A whole verify knocks at every closed door: the scan that it is must have been told before the next fault.
    if (EACH) await sleep(15_000);
  });

test("after all of them, everything is as planned, and nothing is left open", { skip, timeout: 600_000 }, async () => {
  await clean([]);
  await allRecovered(AUDIT_MS);
});

async function undone(injected: readonly Injected[]): Promise<void> {
  for (const { fault, target } of injected.toReversed()) await mustLab("fault", fault, target, "--undo");
}

const foreseen = ({ expects }: Injected): string[] =>
  "blind" in expects ? [] : [expects.incident, ...(expects.or ?? [])];

const all = (one: Injected): string[] => [...foreseen(one), ...("also" in one.expects ? (one.expects.also ?? []) : [])];

/** Waits until each has an incident of its own, and a while longer in which nothing opens that none of them foresaw. */
async function onlyTheirs(injected: readonly Injected[], watch: Watch): Promise<void> {
  const allowed = new Set(injected.flatMap(all));
  const waiting = new Set(injected.filter(({ expects }) => "incident" in expects));
  const taken = new Set<string>();
  for (const one of injected) if (!waiting.has(one)) rows.push(`| ${one.fault} | ${one.target} | *blind* | |`);
  let quietUntil = Date.now() + BLIND_MS;
  while (waiting.size > 0 || Date.now() < quietUntil) {
    const seen = await watch.opened();
    for (const one of waiting) {
      // Of two faults that may raise the same name, each has what opened first after it.
      const [own] = seen
        .filter((i) => !taken.has(i.id) && foreseen(one).includes(nameOf(i)) && Number.isFinite(tookMs(one, i)))
        .sort((a, b) => tookMs(one, a) - tookMs(one, b));
      if (!own)
        assert.ok(
          Date.now() < one.injectedAt + within(one) + 5_000,
          `${one.fault}: no ${foreseen(one)} in time; there is ${told(seen)}`,
        );
      else {
        taken.add(own.id);
        waiting.delete(one);
        judge(one, own);
        quietUntil = Math.max(quietUntil, Date.now() + QUIET_MS);
      }
    }
    const strange = seen.filter((i) => !allowed.has(nameOf(i)));
    assert.deepEqual(strange.map(nameOf), [], `nobody foresaw it: ${told(strange)}`);
    await sleep(250);
  }
}

const told = (incidents: readonly Incident[]): string =>
  JSON.stringify(incidents.map((i) => [nameOf(i), i.state, i.history.slice(0, 4), i.evidence.slice(0, 3)]));

const within = ({ expects }: Injected): number => ("incident" in expects ? expects.withinMs : 0);

/** Within its own time, counted from the kernel's or the daemon's change by the observers' clocks, which are one here. */
function judge(one: Injected, incident: Incident): void {
  const took = tookMs(one, incident);
  rows.push(`| ${one.fault} | ${one.target} | ${nameOf(incident)} | ${(took / 1_000).toFixed(1)} s |`);
  assert.ok(took <= within(one), `${one.fault} ${one.target}: ${nameOf(incident)} after ${took} ms`);
}

/** From the injection to the incident's first opening after it; infinite when there is none. */
function tookMs(one: Injected, { history }: Incident): number {
  const openings = history.filter((e) => /^(re)?opened$/.test(e.what) && e.at >= one.injectedAt - 1_000);
  return Math.min(...openings.map((e) => e.at)) - one.injectedAt;
}

/** `only`: nothing means everything. */
const clean = (only: readonly ProofName[]) =>
  until(`${only.join(", ") || "everything"} as planned`, 120_000, async () => {
    const argv = ["verify", "--stack", STACK, "--json", ...(only.length > 0 ? ["--only", ...only] : [])];
    const ran = await run(process.execPath, [path.join(ROOT, "cli/vonggac.ts"), ...argv]);
    const seen = JSON.parse(ran.stdout) as Verified;
    if (!seen.clean) throw new Error(JSON.stringify(seen.proofs.flatMap((p) => p.proof.differences).slice(0, 5)));
    return true;
  });
