// Which programs a change of a host starts anew and which merely read their files again: the platform's own rule (a change of a file
// that `reload` names is a reload, any other change of the daemon is a restart), told beforehand. Pure.
import type { Effect } from "./effect.ts";
import type { Step } from "./step.ts";

type HostStep = Step & { kind: "Host" };
type Daemon = NonNullable<HostStep["after"]>["daemons"][string];

interface Named {
  name: string;
  role: Daemon["role"];
}

/** What starts anew on a host that stays. */
export function restartsOf(step: HostStep): Named[] {
  return running(step)
    .filter(({ name, daemon, was }) => restarts(step, name, daemon, was))
    .map(namedOf);
}

/** Started, ended, started anew, or told to read its files again: one sentence each. */
export function daemonEffects(step: HostStep): Effect[] {
  if (step.op !== "update" || !step.before || !step.after) return [];
  const { before, after, number } = step;
  const of = (key: Effect["key"], name: string): Effect => ({
    key,
    facts: key === "mended" ? { what: `${step.name}/${name}` } : { host: step.name, program: name },
    steps: [number],
  });
  const added = Object.keys(after.daemons).filter((name) => !(name in before.daemons));
  const gone = Object.keys(before.daemons).filter((name) => !(name in after.daemons));
  const restarted = new Set(restartsOf(step).map((d) => d.name));
  const reloaded = running(step).filter(
    ({ name, daemon }) => !restarted.has(name) && changed(step, daemon.reload?.files ?? []),
  );
  return [
    // What a refresh did not find running is no new service: it died.
    ...added.map((name) =>
      of(after.daemons[name]!.role === "network" || wasDown(step) ? "mended" : "service-added", name),
    ),
    ...gone.map((name) => of("service-removed", name)),
    ...[...restarted].map((name) => of("service-restarts", name)),
    ...reloaded.map(({ name }) => of("service-reloads", name)),
  ];
}

const namedOf = ({ name, daemon }: { name: string; daemon: Daemon }): Named => ({ name, role: daemon.role });

function running({ before, after }: HostStep): { name: string; daemon: Daemon; was: Daemon }[] {
  return Object.entries(after?.daemons ?? {}).flatMap(([name, daemon]) => {
    const was = before?.daemons[name];
    return was ? [{ name, daemon, was }] : [];
  });
}

function restarts(step: HostStep, _name: string, daemon: Daemon, was: Daemon): boolean {
  const { order: _a, ...now } = daemon;
  const { order: _b, ...then } = was;
  if (JSON.stringify(now) !== JSON.stringify(then)) return true;
  if (step.differences.some((d) => /^(keep|runtime)\b/.test(d.path))) return true;
  if (step.after?.forward?.daemon === _name && step.differences.some((d) => d.path.startsWith("forward"))) return true;
  const reloadable = new Set(daemon.reload?.files ?? []);
  return changed(
    step,
    daemon.files.filter((f) => !reloadable.has(f)),
  );
}

const changed = ({ before, after }: HostStep, files: readonly string[]): boolean =>
  files.some((f) => before?.files[f] !== after?.files[f]);

/** A daemon that is missing while none of its files changed was killed. */
const wasDown = (step: HostStep): boolean =>
  !step.differences.some((d) => d.path.startsWith("files") && d.change === "add");
