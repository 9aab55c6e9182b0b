// Each fault against the daemons that it breaks: the real resolver, TLS server, name server and SSH server of the sample province
// with one agency, without agents and console. What a fault does is asked with dig, openssl, ip and the logs; and after its
// undo the same questions have the old answers.
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { deploymentFor } from "../../../infra/deployment.ts";
import { sessionsDown } from "../../../infra/platforms/lab/bird.ts";
import { keepTexts } from "../../../infra/platforms/lab/content.ts";
import { convergeDaemon } from "../../../infra/platforms/lab/daemons.ts";
import { LabError } from "../../../infra/platforms/lab/errors.ts";
import { run } from "../../../infra/platforms/lab/exec.ts";
import { FAULTS, faultNamed, inject, undo, undoAll } from "../../../infra/platforms/lab/faults/index.ts";
import { forget, injectedFaults } from "../../../infra/platforms/lab/faults/state.ts";
import { KINDS } from "../../../infra/platforms/lab/lifecycle.ts";
import { hostInputs, linkInputs, servicesInputs } from "../../../infra/platforms/lab/model.ts";
import { hostRoot, namespaceOf } from "../../../infra/platforms/lab/names.ts";
import { appliedHost, linksOf } from "../../../infra/platforms/lab/notes.ts";
import { inHost, pidOf } from "../../../infra/platforms/lab/process.ts";
import { registryOf } from "../../../infra/platforms/lab/registry.ts";
import { CHECKOUT, leftovers, makeLab, whyNoLab } from "../platforms/lab/machine.ts";

const skip = whyNoLab;
const lab = skip ? undefined! : makeLab("f");

before(async () => {
  if (skip) return;
  const options = {
    provinceFile: path.join(CHECKOUT, "province.yaml"),
    stateDir: lab.stateDir,
    subset: { agencies: 1 },
  };
  const { deployment } = await deploymentFor({
    ...options,
    screenPort: 1,
    screenListen: "127.0.0.1",
    screenUrl: "http://127.0.0.1:1",
  });
  const hosts = deployment.hosts.map((host) => ({
    ...host,
    daemons: host.daemons.filter((d) => d.role !== "agent" && d.role !== "console"),
  }));
  const made = hosts.map((host) => hostInputs(host));
  keepTexts(
    lab.stateDir,
    made.flatMap((m) => m.texts),
  );
  await Promise.all(made.map((m) => KINDS.Host.apply(lab, m.inputs, undefined)));
  await Promise.all(deployment.links.map((link) => KINDS.Link.apply(lab, linkInputs(link), undefined)));
  // The console's own probes would be waited for in vain here: routes first, then the servers.
  await until("BGP", async () => (await sessionsDown(lab)).length === 0);
  for (const phase of ["services", "agents"] as const)
    await KINDS.Services.apply(lab, servicesInputs(hosts, phase), undefined);
});
after(async () => {
  if (!skip) await lab.end();
});

async function until(what: string, holds: () => Promise<boolean>, withinMs = 20_000): Promise<void> {
  for (const end = Date.now() + withinMs; !(await holds()); await sleep(100))
    assert.ok(Date.now() < end, `not in time: ${what}`);
}
const target = <K extends string>(kind: K) =>
  registryOf(lab)!.targets.find((t) => t.kind === kind)! as Extract<
    ReturnType<typeof registryOf> & object,
    object
  >["targets"][number] & { kind: K };
const site = () => registryOf(lab)!.assets.find((a) => a.kind === "host" && a.role === "site")!.id;
const fault = (name: string) => faultNamed(name)!;
const devices = async (host: string) =>
  JSON.parse(await inHost(lab, host, ["ip", "-j", "link"])) as { ifname: string; operstate: string }[];
const carrierless = async (host: string) =>
  (await devices(host)).filter((d) => d.ifname !== "lo" && d.operstate !== "UP").map((d) => d.ifname);

test("the catalogue: each fault once, with what it must raise wherever this lab has a target for it", { skip }, () => {
  assert.equal(new Set(FAULTS.map((f) => f.name)).size, FAULTS.length);
  const assets = new Set(registryOf(lab)!.assets.map((a) => a.id));
  for (const f of FAULTS)
    for (const target of f.candidates(lab)) {
      const expects = f.expects(lab, target);
      assert.equal("blind" in expects ? expects.blind : undefined, f.blind, f.name);
      if ("incident" in expects) assert.ok(assets.has(expects.incident.split(" ")[1]!), `${f.name} ${target}`);
    }
});

test("who is killed while injecting leaves something that is undone", { skip }, async () => {
  const broken = { ...fault("link-down"), inject: () => Promise.reject(new Error("half-way")) };
  await run([
    "ip",
    "-n",
    namespaceOf(lab, "hub1"),
    "link",
    "set",
    linksOf(lab).find((l) => l.a.host === "hub1")!.a.device,
    "down",
  ]);
  const target = linksOf(lab).find((l) => l.a.host === "hub1")!.link;
  await assert.rejects(inject(lab, broken, target), /half-way/);
  // The kernel says "up" up to a second after the carrier is back.
  await until("it was undone at once", async () => (await carrierless("hub1")).length === 0, 3_000);
  assert.deepEqual(injectedFaults(lab), []);
});

test("a target that is none is refused, with those that are", { skip }, async () => {
  await assert.rejects(
    inject(lab, fault("hub-down"), "bast1"),
    (e) => e instanceof LabError && e.code === "fault-target-unknown" && /hub1/.test(e.remedy),
  );
  assert.deepEqual(injectedFaults(lab), []);
});

test("hub-down: every neighbour loses carrier and sessions; undo brings all back, twice if asked", {
  skip,
}, async () => {
  const { injectedAt } = await inject(lab, fault("hub-down"), "hub1");
  assert.ok(Date.now() - injectedAt < 2_000);
  assert.deepEqual(
    injectedFaults(lab).map((f) => f.target),
    ["hub1"],
  );
  const neighbours = linksOf(lab).flatMap((l) => (l.a.host === "hub1" ? [l.b] : l.b.host === "hub1" ? [l.a] : []));
  assert.ok(neighbours.length > 1);
  for (const end of neighbours)
    await until(`${end.host} has no carrier`, async () => (await carrierless(end.host)).includes(end.device));
  await inject(lab, fault("hub-down"), "hub1");
  await undo(lab, fault("hub-down"), undefined);
  await undo(lab, fault("hub-down"), "hub1");
  assert.deepEqual(await carrierless("hub1"), []);
  await until("BGP", async () => (await sessionsDown(lab)).length === 0);
  assert.deepEqual(injectedFaults(lab), []);
});

test("link-down: one device of each end, and no other; a server's default route comes back with it", {
  skip,
}, async () => {
  const link = linksOf(lab).find((l) => l.link === "core1~web1")!;
  await inject(lab, fault("link-down"), link.link);
  await until("no carrier", async () => (await carrierless("web1")).length === 1);
  assert.deepEqual(await carrierless("core1"), [link.a.device]);
  assert.equal((await KINDS.Link.read(lab, link))?.up, false);
  await undo(lab, fault("link-down"), link.link);
  assert.match(await inHost(lab, "web1", ["ip", "-6", "route"]), /default via/);
  assert.equal((await KINDS.Link.read(lab, link))?.up, true);
});

test("undoAll mends whatever is left, and says what", { skip }, async () => {
  await inject(lab, fault("link-down"), "core1~web1");
  await inject(lab, fault("hub-down"), "hub2");
  assert.deepEqual(await undoAll(lab), [
    { fault: "link-down", target: "core1~web1" },
    { fault: "hub-down", target: "hub2" },
  ]);
  assert.deepEqual([await carrierless("web1"), await carrierless("hub2")], [[], []]);
  assert.deepEqual(injectedFaults(lab), []);
  await until("BGP", async () => (await sessionsDown(lab)).length === 0);
});

test("expire-certificate: the service shows one that is over, by the same issuer for the same names; undo shows the old one", {
  skip,
}, async () => {
  const { addresses, port, name } = target("certificate").expects as never as {
    addresses: string[];
    port: number;
    name: string;
  };
  const shown = async () => {
    const where = addresses[0]!.includes(":") ? `[${addresses[0]}]:${port}` : `${addresses[0]}:${port}`;
    const text = await inHost(lab, site(), [
      "sh",
      "-c",
      `openssl s_client -connect '${where}' -servername ${name} </dev/null 2>/dev/null`,
    ]).catch(() => "");
    const [pem] = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/.exec(text) ?? [];
    return pem === undefined ? undefined : new X509Certificate(pem);
  };
  await until("it answers", async () => (await shown()) !== undefined);
  const good = (await shown())!;
  await inject(lab, fault("expire-certificate"), "portal");
  // A reload lets an old worker answer once more, and may refuse a connection: wait for the other certificate itself.
  let expired = good;
  await until("another certificate", async () => {
    expired = (await shown()) ?? good;
    return expired.serialNumber !== good.serialNumber;
  });
  assert.ok(expired.validToDate.getTime() < Date.now(), expired.validTo);
  assert.equal(expired.subjectAltName, good.subjectAltName);
  assert.equal(expired.issuer, good.issuer);
  const issuing = new X509Certificate(readFileSync(path.join(lab.stateDir, "vault/pki/issuing.crt")));
  assert.ok(expired.verify(issuing.publicKey), "signed by the issuing CA");
  await undo(lab, fault("expire-certificate"), undefined);
  await until("the old certificate", async () => (await shown())?.serialNumber === good.serialNumber);
});

test("a server whose master was killed starts again, though its workers hold the ports", { skip }, async () => {
  const master = pidOf(lab, "web1", "nginx")!;
  const workers = async () =>
    (await run(["ip", "netns", "pids", namespaceOf(lab, "web1")])).trim().split("\n").map(Number);
  const old = await workers();
  assert.ok(old.length > 1, "a master and its workers");
  process.kill(master, "SIGKILL");
  await until("it is gone", async () => pidOf(lab, "web1", "nginx") === undefined);
  await convergeDaemon(lab, appliedHost(lab, "web1")!, "nginx");
  assert.ok((await workers()).every((pid) => !old.includes(pid)));
  assert.match(await inHost(lab, "web1", ["ss", "-tlnH", "sport = :443"]), /LISTEN/);
});

test("corrupt-signature: a validating resolver calls the name bogus; undo verifies again at every server", {
  skip,
  timeout: 90_000,
}, async () => {
  const resolver = (target("resolver").expects as never as { address: string }).address;
  const { servers } = target("zone").expects as never as { servers: { address: string }[] };
  const name = fault("corrupt-signature").candidates(lab)[0]!;
  const ask = (address: string, ...more: string[]) =>
    inHost(lab, site(), ["dig", "+time=1", "+tries=1", "+dnssec", `@${address}`, name, "AAAA", ...more]).catch(
      () => "",
    );
  const wrong = async () =>
    (await Promise.all(servers.map((s) => ask(s.address, "+short")))).filter((text) =>
      text.includes("2001:db8:dead::bad"),
    ).length;
  await until("the name is valid", async () => / ad[;, ]/.test(await ask(resolver)));
  await inject(lab, fault("corrupt-signature"), name);
  await until("all servers of the zone serve it", async () => (await wrong()) === servers.length);
  await inHost(
    lab,
    registryOf(lab)!
      .assets.find((a) => a.id.endsWith("-dns") && a.kind === "service")!
      .id.replace("-dns", ""),
    ["unbound-control", "flush", name],
  );
  await until("bogus", async () => /SERVFAIL/.test(await ask(resolver)));
  forget(lab, "corrupt-signature", name); // the undo needs no memory
  await undo(lab, fault("corrupt-signature"), undefined);
  await until("all servers serve the old data", async () => (await wrong()) === 0);
  await until("valid again, by itself", async () => / ad[;, ]/.test(await ask(resolver)), 30_000);
});

test("ssh-bruteforce: sshd logs an attacker's failures; bounded, and undo ends it", { skip }, async () => {
  const log = () => readFileSync(path.join(hostRoot(lab, "bast1"), "var/log/ssh/auth.log"), "utf8");
  const failures = () => log().match(/Failed password/g)?.length ?? 0;
  assert.ok(pidOf(lab, "bast1", "sshd") !== undefined);
  await inject(lab, fault("ssh-bruteforce"), "bast1");
  await until("failures", async () => failures() >= 5);
  assert.match(log(), /Failed password for (invalid user )?\S+ from 2001:db8:f::1 /);
  await undo(lab, fault("ssh-bruteforce"), undefined);
  await sleep(500);
  const seen = failures();
  await sleep(1_500);
  assert.equal(failures(), seen, "it goes on");
});

test("nothing is left", { skip }, async () => {
  await lab.end();
  assert.deepEqual(leftovers(lab), []);
});
