// One audit of one signed tree by every tool of the field, side by side: wall from a cold start, CPU, peak memory, and what each
// noticed on zones of which half are broken. In a network namespace of its own: nothing is asked of the Internet.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { bundled } from "../setup/bundled.mjs";

const TOOLS = [
  "unshare",
  "ip",
  "time",
  "dnssec-signzone",
  "dnssec-keygen",
  "kzonesign",
  "knotd",
  "unbound",
  "unbound-host",
  "delv",
  "drill",
  "dnsviz",
  "zonemaster-cli",
];
const PACKAGES =
  "bind9-utils bind9-dnsutils knot knot-dnssecutils unbound unbound-host ldnsutils dnsviz zonemaster-cli iproute2 time";
const PLACES = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];

/** `--runs N` (3): audits of the zone of 100 names by each tool; the median counts. */
export async function dnssec(args: string[]): Promise<unknown> {
  const missing = TOOLS.filter((tool) => !PLACES.some((place) => existsSync(path.join(place, tool))));
  if (missing.length > 0)
    throw new Error(`missing: ${missing.join(", ")}. apt-get install --no-install-recommends ${PACKAGES}`);
  if (process.getuid?.() !== 0) throw new Error("the bench needs a network namespace: run as root");
  if (bundled("check") === undefined)
    process.stderr.write("ours is run from its sources, as nobody does after set-up: npm start -- --prepare-only\n");
  const script = path.join(import.meta.dirname, "dnssec/inside.ts");
  const child = spawn(
    "unshare",
    ["--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--", process.execPath, script, ...args],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => child.kill("SIGKILL"));
  const text = await new Promise<string>((resolve, reject) => {
    let out = "";
    child.stdout.on("data", (chunk) => {
      out += chunk;
    });
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve(out) : reject(new Error(`the bench ended with code ${code}`))));
  });
  return JSON.parse(text);
}
