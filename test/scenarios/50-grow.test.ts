// Three communes join the running lab, one of them with a device that is not ours: what is theirs is made, what they hang on (hubs, zones, registry) is updated in place, and nobody else
// notices. Measured on what runs: since when each BGP session stands, by BIRD's own clock; process ids; answers of every name server and
// resolver, and the portal's, asked over and over while `up` works.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { parseDocument, type YAMLMap, type YAMLSeq } from "yaml";
import { askBird } from "../../infra/platforms/lab/bird.ts";
import type { AgentStatus, Registry } from "../../protocol/index.ts";
import { admin, ensureLab, inHost, mustLab, PORT, ROOT, runFolder, until, whyNoLab } from "../support/lab.ts";
import { allRecovered, Watch } from "../support/watch.ts";

const skip = whyNoLab() ?? false;
const folder = skip ? "" : mkdtempSync(path.join(tmpdir(), "vonggac-grow-"));
const whole = path.join(ROOT, "province.yaml");
const JOINING = 3;
const DEVICE = "ups-of-one";

before(
  async () => {
    if (skip) return;
    await mustLab("up", "--port", String(PORT), "--province", whole);
    await ensureLab();
  },
  { timeout: 300_000 },
);
after(async () => {
  if (skip) return;
  await mustLab("up", "--port", String(PORT), "--province", whole);
  rmSync(folder, { recursive: true, force: true });
});

const registryNow = (): Registry =>
  JSON.parse(readFileSync(path.join(runFolder("console"), "run/vonggac/registry.json"), "utf8"));
const hostsNow = () => registryNow().assets.flatMap((a) => (a.kind === "host" ? [a] : []));

/** `<host> <session>` → since when it stands; a session that does not stand has its state. */
async function sessions(): Promise<Map<string, string>> {
  const routers = hostsNow().filter((h) => h.role !== "server" && h.role !== "device");
  const all = await Promise.all(
    routers.map(async ({ id }) => {
      const lines = await askBird(path.join(runFolder(id), "run/bird/bird.ctl"), "show protocols");
      return lines.flatMap((line) => {
        const [name, proto, , state, since, info] = line.trim().split(/\s+/);
        return proto === "BGP"
          ? [[`${id} ${name}`, info === "Established" ? `since ${since}` : `${state}`] as const]
          : [];
      });
    }),
  );
  return new Map(all.flat());
}

/** BIRD works each time out from its own clock anew, so the same moment may be told a millisecond apart. */
function sameMoment(a: string, b: string | undefined): boolean {
  const ms = (since: string | undefined) => {
    const [, h, m, s] = /^since (\d+):(\d+):([\d.]+)$/.exec(since ?? "") ?? [];
    return (Number(h) * 60 + Number(m)) * 60_000 + Number(s) * 1_000;
  };
  return Math.abs(ms(a) - ms(b)) < 50;
}

/** The province's file with three more communes in the lab, each on hubs that others use. */
function withThreeMore(): { file: string; joined: string[] } {
  const document = parseDocument(readFileSync(whole, "utf8"));
  const here = document.getIn(["lab", "agencies"]) as YAMLSeq;
  const there = new Set(here.toJSON() as string[]);
  const communes = (document.get("agencies") as YAMLSeq<YAMLMap>).items.filter((a) => a.get("level") === "commune");
  const joined = communes
    .map((a) => String(a.get("id")))
    .filter((id) => !there.has(id))
    .slice(0, JOINING);
  for (const id of joined) here.add(id);
  const name = { vi: "UPS", en: "UPS" };
  document.addIn(["devices"], document.createNode({ id: DEVICE, managed: false, kind: "ups", name, at: joined[0] }));
  const file = path.join(folder, "province.yaml");
  writeFileSync(file, document.toString());
  cpSync(path.join(ROOT, "province.lock"), path.join(folder, "province.lock"));
  return { file, joined };
}

const pidOf = (host: string, daemon: string) => readFileSync(path.join(runFolder(host), `.lab/${daemon}.pid`), "utf8");

/** What somebody asks who is not concerned; each must say the same before, meanwhile and after. */
function questions(): { from: string; argv: string[] }[] {
  const targets = registryNow().targets;
  const zone = targets.find((t) => t.kind === "zone");
  const resolvers = targets.flatMap((t) => (t.kind === "resolver" && t.agent !== "bast1" ? [t] : []));
  const portal = targets.find((t) => t.kind === "certificate");
  assert.ok(zone?.kind === "zone" && resolvers.length > 0 && portal?.kind === "certificate");
  const dig = (at: string, name: string, type: string) => [
    "dig",
    "+short",
    "+tries=1",
    "+time=3",
    `@${at}`,
    name,
    type,
  ];
  const from = resolvers[0]!.agent;
  const names = zone.expects.names.slice(0, 6);
  const asked = [...new Map(resolvers.map((r) => [r.expects.address, r])).values()];
  return [
    ...zone.expects.servers.flatMap((s) => names.map((n) => ({ from, argv: dig(s.address, n.name, n.type) }))),
    ...asked.flatMap((r) =>
      r.expects.names.map((n) => ({ from: r.agent, argv: dig(r.expects.address, n.name, n.type) })),
    ),
    ...portal.expects.addresses.map((a) => ({
      from,
      argv: [
        "curl",
        "-sk",
        "-m",
        "3",
        "-o",
        "/dev/null",
        "-w",
        "%{http_code}",
        `https://${a.includes(":") ? `[${a}]` : a}/`,
      ],
    })),
  ];
}

test("three communes join: theirs is made, their hubs, zones and registry change in place, nobody else notices", {
  skip,
  timeout: 400_000,
}, async () => {
  const { file, joined } = withThreeMore();
  assert.equal(joined.length, JOINING);
  const before = { sessions: await sessions(), hosts: hostsNow(), version: registryNow().version };
  assert.ok(
    [...before.sessions.values()].every((s) => s.startsWith("since")),
    "all stand before",
  );
  const processes = () =>
    before.hosts.flatMap(({ id, role }) => {
      // What is not ours runs nothing of ours.
      if (role === "device") return [];
      return role === "server"
        ? id === "console"
          ? [`console ${pidOf(id, "console")}`]
          : id === "sign1" || id.startsWith("dns")
            ? [`${id} ${pidOf(id, "knot")}`]
            : []
        : [`${id} ${pidOf(id, "bird")}`];
    });
  const pids = processes();
  const watch = await Watch.start();

  const asked = questions();
  const answers = await Promise.all(asked.map(({ from, argv }) => inHost(from, ...argv)));
  assert.ok(asked.length > 20 && answers.every((a) => a.code === 0 && a.stdout.trim() !== ""), "all answer before");
  const changed: string[] = [];
  let [over, rounds] = [false, 0];
  const asking = (async () => {
    for (; !over; rounds++)
      for (const [i, { from, argv }] of asked.entries()) {
        const { stdout } = await inHost(from, ...argv);
        if (stdout !== answers[i]!.stdout) changed.push(`${argv.join(" ")} from ${from}: "${stdout}"`);
      }
  })();
  await mustLab("up", "--port", String(PORT), "--province", file);
  over = true;
  await asking;

  assert.ok(rounds >= 2, `asked ${rounds} times while up worked`);
  assert.deepEqual(changed, [], `of ${rounds * asked.length} answers`);
  const now = await sessions();
  const others = [...before.sessions].filter(([name, since]) => !sameMoment(since, now.get(name)));
  assert.deepEqual(others, [], "no session of others has ended, not for a moment");
  assert.deepEqual(processes(), pids, "nothing was started anew");
  const fresh = [...now].filter(([name]) => !before.sessions.has(name));
  assert.ok(fresh.length >= JOINING * 4 && fresh.every(([, s]) => s.startsWith("since")), "theirs stand at both ends");
  assert.notEqual(registryNow().version, before.version);
  assert.deepEqual(
    hostsNow()
      .map((h) => h.id)
      .filter((id) => !before.hosts.some((h) => h.id === id))
      .sort(),
    [...joined, DEVICE].sort(),
  );
  for (const id of joined)
    await until(`${id} answers to its name and reports`, 30_000, async () => {
      const { stdout } = await inHost(id, "dig", "+short", `${id}.camau.gov.vn`, "AAAA");
      const agents = await admin<AgentStatus[]>("/agents");
      return stdout.trim() !== "" && agents.find((a) => a.agent === id)?.presence === "live";
    });
  await watch.expectOnly([], 0, 5_000);
  const kept = (await inHost(DEVICE, "sh", "-c", "ip -o addr show dev eth0 scope global")).stdout;
  const addresses = [...kept.matchAll(/inet6? (\S+)/g)].map((m) => m[1]!);
  assert.equal(addresses.length, 2, kept);
  await inHost(DEVICE, "ip", "addr", "flush", "dev", "eth0", "scope", "global");
  // Its neighbour's kernel believes who answered lately for up to 45 s, and asks for some seconds after (fault device-down).
  const [gone] = await watch.expectOnly([`connectivity ${DEVICE}`], 90_000, 0);
  assert.deepEqual(gone!.impact.affected, [joined[0]]);
  for (const address of addresses) await inHost(DEVICE, "ip", "addr", "add", address, "dev", "eth0");
  await allRecovered(40_000);
  console.log(`  ${rounds * asked.length} answers and ${before.sessions.size} ends of sessions compared`);
});
