// A day in the province, for eyes and for the browser tests: an old incident closed, an attack gone quiet, a certificate that
// expired, a hub that is down. Told only through what agents would have sent.
import type { Finding, Report, Target } from "../../../protocol/index.ts";
import type { PlayedProvince } from "./world.ts";

const MINUTE = 60_000;
const noCarrier = (t: Target): Finding => ({
  subject: t.kind === "link" ? t.expects.device : t.id,
  tag: "LINK_NO_CARRIER",
  evidence: { device: t.kind === "link" ? t.expects.device : "", state: "down" },
});

/** Every agent is live and every check good, two days ago. */
export function quietDay(world: PlayedProvince, at: number): void {
  world.from(at);
  for (const { id } of world.registry.agents) world.presence(id, "live");
  for (const t of world.registry.targets) world.report(t, [], goodFacts(t));
}

function goodFacts(t: Target): Record<string, string | number> | undefined {
  if (t.kind === "datacentre") return { path: t.expects.paths[0]!.link, hub: t.expects.paths[0]!.hub };
  if (t.kind === "certificate") return { daysLeft: 61 };
  return t.kind === "zone" ? { earliestExpiryDays: 9 } : undefined;
}

/** Both ends of every link of a host see it gone; whoever hangs on it alone falls silent. */
export function hostDown(world: PlayedProvince, host: string): void {
  const links = world.registry.assets.filter((a) => a.kind === "link" && a.ends.includes(host));
  for (const link of links)
    for (const t of world.targets("link", link.id)) if (t.agent !== host) world.report(t, [noCarrier(t)]);
  for (const { id } of world.registry.agents) {
    const own = world.registry.assets.filter((a) => a.kind === "link" && a.ends.includes(id));
    if (id === host || own.every((l) => l.kind === "link" && l.ends.includes(host))) world.presence(id, "silent");
  }
}

export function hostUp(world: PlayedProvince, host: string): void {
  for (const { id } of world.registry.agents)
    if (world.view.agent(id).presence === "silent") world.presence(id, "live");
  const links = world.registry.assets.filter((a) => a.kind === "link" && a.ends.includes(host));
  for (const link of links) for (const t of world.targets("link", link.id)) world.report(t);
}

export function expireCertificate(world: PlayedProvince): void {
  const until = new Date(world.now()).toISOString();
  for (const t of world.targets("certificate")) {
    if (t.kind !== "certificate") continue;
    const found = t.expects.addresses.map((address) => ({
      subject: address,
      tag: "CERT_EXPIRED",
      evidence: { name: t.expects.name, address, subject: `CN=${t.expects.name}`, until },
    }));
    world.report(t, found, { daysLeft: -1 });
  }
}

/** The whole day, ending `now`. */
export function troubledDay(world: PlayedProvince, now: number): void {
  quietDay(world, now - 26 * 60 * MINUTE);
  oneLineBroken(world, now - 5 * 60 * MINUTE);
  attackOnBastion(world, now - 70 * MINUTE);

  let time = world.from(now - 35 * MINUTE - 17_000);
  expireCertificate(world);
  time.wait(10_000);
  for (const t of world.targets("ipv6"))
    if (t.agent === "xa-dat-moi" || t.agent === "so-y-te")
      world.report(t, [{ subject: "prefix", tag: "IPV6_ADDRESS_MISSING", evidence: { prefix: "2001:db8:4000::/56" } }]);
  for (const t of world.targets("zone"))
    if (t.agent === "so-tu-phap") world.say(t, { outcome: "broke", error: "the run was not over in 20000 ms" });
  for (const t of world.targets("resolver"))
    if (t.agent === "so-cong-thuong")
      world.say(t, { outcome: "skipped", reason: "no resolver is planned for this site" });
  time.wait(5_000);
  const certificate = [...world.incidents.values()].find((i) => i.class === "certificate");
  if (certificate) world.act("operator", certificate.id, { kind: "acknowledge" });

  time = world.from(now - 4 * MINUTE - 12_000);
  hostDown(world, "hub1");
  time.wait(4 * MINUTE);
}

function oneLineBroken(world: PlayedProvince, at: number): void {
  const time = world.from(at);
  const link = world.targets("link", "hub2~so-tai-chinh");
  for (const t of link) world.report(t, [noCarrier(t)]);
  time.wait(20_000);
  const broken = [...world.incidents.values()].at(-1)!;
  world.act("operator", broken.id, { kind: "acknowledge" });
  time.wait(18 * MINUTE);
  for (const t of link) world.report(t);
  time.wait(MINUTE);
  const resolution = "Cáp quang bị đứt do thi công trên đường Nguyễn Tất Thành; nhà cung cấp đã hàn nối lại lúc 10:41.";
  world.act("operator", broken.id, { kind: "close", resolution });
}

function attackOnBastion(world: PlayedProvince, at: number): void {
  const time = world.from(at);
  const [ssh] = world.targets("ssh-log");
  if (!ssh) throw new Error("the plan watches no sshd log");
  for (const [count, total] of [
    [5, 5],
    [41, 46],
    [38, 84],
  ] as const) {
    world.detect(ssh, "203.0.113.77", count, total);
    time.wait(10_000);
  }
  time.wait(10 * MINUTE);
}

/** Two days of a log: a certificate that was over for some hours, a gateway that falls silent at night, a guesser of passwords. */
export function loggedDays(world: PlayedProvince, now: number): void {
  const HOUR = 60 * MINUTE;
  const attacker = "2001:db8:bad::66";
  for (let ago = 47; ago >= 0; ago--) {
    const at = now - ago * HOUR;
    const say = (agent: string, kind: Target["kind"], findings: Finding[]) => {
      const target = world.targets(kind).find((t) => t.agent === agent)!;
      const report: Report = {
        ...{ type: "report", check: kind, target: target.id, at, tookMs: 3 },
        ...{ outcome: "ran", findings },
      };
      world.log(agent, [report], at);
    };
    for (const agent of ["xa-dat-mui", "phuong-an-xuyen", "so-y-te"]) say(agent, "ipv6", []);
    if (ago > 20 && ago < 29)
      for (const agent of ["hub1", "hub2", "hub3"])
        say(agent, "certificate", [
          { subject: "2001:db8:4000:1100::8", tag: "CERT_EXPIRED", evidence: { name: "motcua.camau.gov.vn" } },
        ]);
    if (ago % 7 === 3)
      say("so-y-te", "path", [{ subject: "2001:db8:4000:1100::6", tag: "PATH_LOSS", evidence: { lostPercent: 12 } }]);
    if (ago === 9 || ago === 8)
      world.log(
        "bast1",
        Array.from({ length: ago === 9 ? 6 : 2 }, (_, i) => ({
          ...{
            type: "detection" as const,
            id: `d${ago}${i}`,
            detector: "ssh-brute-force",
            target: "bast1/ssh-log/sshd",
          },
          ...{ at, class: "ssh-brute-force", severity: "high" as const, actor: attacker, attack: ["T1110.001"] },
          ...{ count: 5, evidence: { total: 5 * (i + 1), windowSeconds: 60 } },
        })),
        at,
      );
  }
}
