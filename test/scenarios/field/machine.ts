// A bare Debian without a network but for the console: a tree that debootstrap made, entered in a mount namespace and a network namespace
// whose only device is loopback, on which console and enrolment CA stand. No systemd runs there.
import { execFile, execFileSync, spawn } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MIRROR = process.env["VONGGAC_DEBIAN_MIRROR"] ?? "http://deb.debian.org/debian";
/** A tree that is there already is copied instead of fetched. */
const TREE = process.env["VONGGAC_DEBIAN_TREE"];

export interface Said {
  code: number;
  out: string;
}

/** Why there can be no such machine here, or undefined. */
export const whyNoMachine = (): string | undefined =>
  process.getuid?.() !== 0
    ? "needs root for a Debian of its own"
    : !TREE && !existsSync("/usr/sbin/debootstrap")
      ? "needs debootstrap"
      : undefined;

export class Machine {
  readonly root = mkdtempSync(join(tmpdir(), "vonggac-debian-"));
  readonly namespace = `vgfield-${process.pid}`;

  /** Fetches a bare Debian 12 (some 60 MB), or copies a tree. Gives why it could not. */
  make(): string | undefined {
    if (TREE) execFileSync("cp", ["-a", `${TREE}/.`, this.root]);
    else {
      try {
        execFileSync("debootstrap", ["--variant=minbase", "bookworm", this.root, MIRROR], { stdio: "pipe" });
      } catch (error) {
        return `debootstrap: ${String((error as { stdout?: Buffer }).stdout ?? error)
          .split("\n")
          .slice(-3)
          .join(" ")}`;
      }
    }
    // A folder of mkdtemp is its maker's alone; the accounts of the tree must be able to enter their own root.
    chmodSync(this.root, 0o755);
    execFileSync("ip", ["netns", "add", this.namespace]);
    execFileSync("ip", ["-n", this.namespace, "link", "set", "lo", "up"]);
    mkdirSync(this.path("package"), { recursive: true });
    return undefined;
  }

  /** The command by which something outside of the tree is run where the machine's loopback is. */
  get within(): string[] {
    return ["ip", "netns", "exec", this.namespace];
  }

  path = (below: string): string => join(this.root, below);
  read = (below: string): string => readFileSync(this.path(below), "utf8");
  write = (below: string, text: string, mode = 0o644): void => writeFileSync(this.path(below), text, { mode });

  /** Brings a package to /package, in the place of the one before. */
  bring(folder: string): void {
    rmSync(this.path("package"), { recursive: true, force: true });
    cpSync(folder, this.path("package"), { recursive: true });
  }

  /** Runs a line of shell in the tree, as root. `stdin` is all that it reads. */
  shell(line: string, stdin = "", mounts = ""): Promise<Said> {
    return new Promise((resolve) => {
      const inner = `${this.mounting(mounts)} exec chroot ${this.root} /bin/sh -c "$1"`;
      const child = execFile(
        "ip",
        ["netns", "exec", this.namespace, "unshare", "-m", "sh", "-c", inner, "sh", line],
        { env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C" }, timeout: 120_000, maxBuffer: 8e6 },
        (error, stdout, stderr) => resolve({ code: error ? Number(error.code ?? 1) : 0, out: `${stdout}${stderr}` }),
      );
      child.stdin?.end(stdin);
    });
  }

  /** Starts something in the tree that stays; ended by its group. */
  start(line: string): { output(): string; stop(): Promise<void> } {
    const inner = `${this.mounting("")} exec chroot ${this.root} /bin/sh -c "exec $1"`;
    const child = spawn("ip", ["netns", "exec", this.namespace, "unshare", "-m", "sh", "-c", inner, "sh", line], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C" },
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (d: Buffer) => {
        text += d;
      });
    const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
    return {
      output: () => text,
      async stop() {
        child.kill("SIGKILL");
        await ended;
      },
    };
  }

  end(): void {
    execFileSync("sh", ["-c", `ip netns del ${this.namespace} 2>/dev/null || true`]);
    rmSync(this.root, { recursive: true, force: true });
  }

  private mounting(more: string): string {
    return `mount -t proc proc ${this.root}/proc && mount --rbind /dev ${this.root}/dev && ${more ? `${more.replaceAll("@", this.root)} &&` : ""}`;
  }
}
