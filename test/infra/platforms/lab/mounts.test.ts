import assert from "node:assert/strict";
import { test } from "node:test";
import { LabError } from "../../../../infra/platforms/lab/errors.ts";
import { asAccount, launchScript } from "../../../../infra/platforms/lab/launch.ts";
import { hostInputs, parseFileLine } from "../../../../infra/platforms/lab/model.ts";
import { coversOf, enterScript } from "../../../../infra/platforms/lab/mounts.ts";
import { prefixOf } from "../../../../infra/platforms/lab/names.ts";
import type { HostSpec } from "../../../../infra/platforms/platform.ts";
import { smallDeployment } from "./small.ts";

const specs = smallDeployment(0).hosts;
const inputs = (change: (spec: HostSpec) => void = () => {}, index = 0) => {
  const spec = structuredClone(specs[index]!);
  change(spec);
  return hostInputs(spec).inputs;
};

test("a host covers its daemons' folders, its logs, its resolvers and, last, the whole of /run", () => {
  assert.deepEqual(
    coversOf(inputs()).map((c) => `${c.kind} ${c.path}`),
    ["folder /etc/bird", "file /etc/resolv.conf", "folder /var/log", "folder /run"],
  );
});

const bindable: [string, string | null][] = [
  ["/etc/nginx/tls/a.crt", "folder /etc/nginx"],
  ["/var/lib/knot/zones/x", "folder /var/lib/knot"],
  ["/etc/motd", "file /etc/motd"],
  ["/run/vonggac/agent.json", "folder /run"],
  ["/usr/bin/x", null],
  ["/etc/../usr/bin/x", null],
  ["/root/x", null],
];
for (const [path, cover] of bindable)
  test(`a file at ${path}: ${cover ?? "refused"}`, () => {
    const withFile = inputs((s) => s.files.push({ path, content: { text: "" }, mode: "0644", owner: "root:root" }));
    const covers = () => coversOf(withFile).map((c) => `${c.kind} ${c.path}`);
    if (cover === null) assert.throws(covers, (e) => e instanceof LabError && e.code === "path-not-bindable");
    else assert.ok(covers().includes(cover), covers().join());
  });

test("the code is bound read-only and durable folders before /run hides their sources", () => {
  const text = enterScript(
    "/run/vonggac/x/c1",
    inputs(() => {}, 2),
    { stateDir: "/state dir", checkout: "/checkout" },
  );
  const lines = text.split("\n");
  const at = (part: string) => lines.findIndex((l) => l.includes(part));
  assert.ok(at("-o bind,ro /checkout") > 0);
  assert.ok(at("'/state dir/console' /run/vonggac/x/c1/run/vonggac/record") > 0, text);
  assert.ok(at("--rbind /run/vonggac/x/c1/run /run") > at("/state dir"));
  assert.equal(lines.at(-2), 'exec "$@"');
});

test("an account keeps the capabilities that it is given and no others", () => {
  const argv = asAccount({ user: "vonggac-agent", capabilities: ["net_raw"] }, ["/bin/true"]);
  for (const set of ["inh", "ambient"]) assert.ok(argv.includes(`--${set}-caps=-all,+net_raw`));
  assert.ok(argv.includes("--bounding-set=-all,+net_raw") && argv.includes("--no-new-privs"));
  assert.ok(!asAccount({ user: "root" }, ["/bin/true"]).includes("setpriv"));
});

test("words with spaces, quotes and dollars reach the daemon whole", () => {
  const daemon = { ...inputs().daemons["bird"]!, argv: ["/bin/echo", "it's $HOME", "daemon off;"] };
  assert.match(launchScript("r1", "bird", daemon, "/n"), /\/bin\/echo 'it'\\''s \$HOME' 'daemon off;'$/m);
});

test("a file's line reads back, public or secret", () => {
  const lines = Object.values(inputs(() => {}, 2).files);
  const secret = lines.find((l) => l.startsWith("vault:"))!;
  assert.deepEqual(parseFileLine(secret).source, { secret: "test/secret", fingerprint: "f1" });
  assert.equal(parseFileLine(lines[0]!).mode, "0644");
});

test("no namespace of one stack can be another's", () => {
  assert.equal(prefixOf("lab"), "vg-");
  assert.equal(prefixOf("test"), "vgtest-");
  for (const bad of ["", "a-b", "A", "x".repeat(25), "../x"]) assert.throws(() => prefixOf(bad), /stack-name-invalid/);
});
