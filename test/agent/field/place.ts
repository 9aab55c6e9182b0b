// An installation in a folder of the test's own: releases that are a shell script each instead of Node and the agent, a command that
// "restarts the agent" as systemd would, and the real updater as a process of its own.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { createHash, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { releaseText } from "../../../protocol/release.ts";

const MAIN = new URL("../../../agent/field/update-main.ts", import.meta.url).pathname;

/** How an agent of a release behaves. `good` is acknowledged for ever; `mute` for a moment; `crash` ends at once. */
export type Behaviour = "good" | "mute" | "crash";
const ACK =
  'i=$((i+1)); printf \'{"serial":%s,"mark":"%s-%s"}\' "$SERIAL" "$$" "$i" > "$STATE/a.new"; mv "$STATE/a.new" "$STATE/acked.json"; sleep 0.1';
const BODIES: Record<Behaviour, string> = {
  good: `i=0; while :; do ${ACK}; done`,
  mute: `i=0; while [ $i -lt 4 ]; do ${ACK}; done; exec sleep 600`,
  crash: "exit 1",
};

export interface Told {
  outcome: string;
  code?: string;
  serial: number;
}

export class Place {
  readonly dir = mkdtempSync(join(tmpdir(), "vonggac-update-"));
  readonly key = generateKeyPairSync("ed25519");
  readonly state = join(this.dir, "agent");

  constructor() {
    for (const folder of ["base/releases", "agent", "own"]) mkdirSync(join(this.dir, folder), { recursive: true });
    writeFileSync(join(this.dir, "key.pem"), this.key.publicKey.export({ type: "spki", format: "pem" }));
    this.put(100, "good");
    execFileSync("ln", ["-s", "releases/100", this.at("base/current")]);
    const restart = [
      "#!/bin/sh",
      `cd ${this.dir}`,
      "[ ! -f pid ] || kill -9 $(cat pid) 2>/dev/null",
      `STATE=${this.state} SERIAL=$(sed -n 's/^serial //p' base/current/release.txt) setsid sh base/current/run.sh </dev/null >/dev/null 2>&1 &`,
      "echo $! > pid",
      "echo restarted >> restarts",
    ];
    writeFileSync(this.at("restart.sh"), `${restart.join("\n")}\n`, { mode: 0o755 });
  }

  at = (below: string): string => join(this.dir, below);

  /** What `current` is; that release must be whole. */
  current(): number {
    const serial = Number(/\d+$/.exec(readlinkSync(this.at("base/current")))![0]);
    for (const file of ["run.sh", "release.txt"]) statSync(this.at(`base/releases/${serial}/${file}`));
    return serial;
  }

  /** The last thing that the updater said; undefined before it said any. */
  told(): Told | undefined {
    return existsSync(this.at("own/outcome.json"))
      ? JSON.parse(readFileSync(this.at("own/outcome.json"), "utf8"))
      : undefined;
  }

  acked = (): number => Number(JSON.parse(readFileSync(join(this.state, "acked.json"), "utf8")).serial);

  /** Lays a release down as the agent does when it has fetched one. `by`: who signs it. */
  fetched(
    serial: number,
    behaviour: Behaviour,
    by: KeyObject = this.key.privateKey,
    arch: string = process.arch,
  ): void {
    const made = this.at(`made-${serial}`);
    mkdirSync(made);
    writeFileSync(join(made, "run.sh"), BODIES[behaviour]);
    execFileSync("tar", ["-czf", this.at("payload.tar.gz"), "-C", made, "."]);
    const payload = readFileSync(this.at("payload.tar.gz"));
    const sha256 = createHash("sha256").update(payload).digest("hex");
    const text = releaseText({ version: `0.0.${serial}`, serial, arch, bytes: payload.length, sha256 });
    mkdirSync(join(this.state, "incoming"), { recursive: true });
    const incoming = (name: string) => join(this.state, "incoming", name);
    writeFileSync(incoming("payload.tar.gz"), payload);
    writeFileSync(incoming("release.txt"), text);
    writeFileSync(incoming("release.sig"), sign(null, Buffer.from(text), by));
    writeFileSync(incoming("ready"), "");
    rmSync(made, { recursive: true });
  }

  /** Runs the updater to its end, or to a power cut after a step. Gives how it ended. */
  update(dieAfter?: string): Promise<{ code: number | null; output: string; steps: number }> {
    const dirs = { base: "base", "agent-state": "agent", "own-state": "own", key: "key.pem", restart: "restart.sh" };
    const args = Object.entries(dirs).flatMap(([name, below]) => [`--${name}`, this.at(below)]);
    const quick = ["--ack-within-ms", "1500", "--watch-ms", "2500", ...(dieAfter ? ["--die-after", dieAfter] : [])];
    const child: ChildProcess = spawn(process.execPath, [MAIN, ...args, ...quick], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (d: Buffer) => {
        output += d;
      });
    return new Promise((resolve) => child.once("close", (code) => resolve({ code, output, steps: 0 })));
  }

  end(): void {
    execFileSync("sh", ["-c", `[ ! -f ${this.at("pid")} ] || kill -9 $(cat ${this.at("pid")}) 2>/dev/null; true`]);
    rmSync(this.dir, { recursive: true, force: true });
  }

  private put(serial: number, behaviour: Behaviour): void {
    const folder = this.at(`base/releases/${serial}`);
    mkdirSync(folder);
    writeFileSync(join(folder, "run.sh"), BODIES[behaviour]);
    const sha256 = "0".repeat(64);
    const release = { version: "0.0.1", serial, arch: process.arch, bytes: 1, sha256 };
    writeFileSync(join(folder, "release.txt"), releaseText(release));
  }
}
