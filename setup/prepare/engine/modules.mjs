// Third source: built from the engine's Go modules, whose versions and hashes infra/engine-build/go.{mod,sum} pin. This is
// the way in a network from which Pulumi's downloads cannot be reached but a Go module proxy can.
import { mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { SetupFailure, tail } from "../../failure.mjs";
import { run, systemEnv, which } from "../../run.mjs";
import { text } from "../../say.mjs";
import { needSpace } from "../space.mjs";
import { engineFolder } from "./place.mjs";

const CLI = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
const VERSION_SYMBOL = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
/** 2.5 GB of modules, 1.6 GB of build cache, the binary. */
const NEEDED_MIB = 5_000;

/** @param {import("../../machine.mjs").Machine} machine @param {(howFar: string) => void} progress @returns {Promise<string | undefined>} */
export async function fromGoModules(machine, progress) {
  const source = join(machine.root, "infra", "engine-build");
  const needed = /^go (\S+)$/m.exec(readFileSync(join(source, "go.mod"), "utf8"))?.[1] ?? "";
  const go = await findGo(
    [...machine.path, "/usr/local/go/bin", "/usr/lib/go/bin", join(machine.home, "go/bin")],
    needed,
  );
  if (!go.binary) return text("engine.modules.no-go", { needed, found: go.tooOld || text("nothing") });
  await needSpace(machine.home, NEEDED_MIB);

  const folder = engineFolder(machine);
  mkdirSync(folder, { recursive: true });
  const making = join(folder, `.pulumi-${process.pid}`);
  let modules = 0;
  let compiled = 0;
  const ran = await run(
    go.binary,
    [
      "build",
      "-mod=readonly",
      "-v",
      "-trimpath",
      "-buildvcs=false",
      "-tags",
      "osusergo,grpcnotrace",
      "-ldflags",
      `-s -w -X ${VERSION_SYMBOL}=v${machine.engineVersion}`,
      "-o",
      making,
      CLI,
    ],
    {
      cwd: source,
      env: {
        ...systemEnv(machine.env),
        GOTOOLCHAIN: "local",
        GOFLAGS: "",
        GOWORK: "off",
        CGO_ENABLED: "0",
        HOME: machine.home,
      },
      onLine: (l) => {
        if (l.startsWith("go: downloading")) modules++;
        else compiled++;
        progress(text("engine.modules.progress", { modules, compiled }));
      },
    },
  );
  if (ran.code === 0) {
    renameSync(making, join(folder, "pulumi"));
    return undefined;
  }
  rmSync(making, { force: true });
  if (/no space left on device/i.test(ran.output))
    throw new SetupFailure("disk-full", {
      where: machine.home,
      detail: tail(ran.output, 3),
      facts: { free: "?", needed: NEEDED_MIB },
    });
  return text("engine.modules.failed", { said: tail(ran.output, 4) });
}

/**
 * The first Go among the folders that is new enough.
 * @param {string[]} folders @param {string} needed a version as go.mod writes it: 1.25.11
 * @returns {Promise<{ binary?: string, tooOld?: string }>}
 */
export async function findGo(folders, needed) {
  let tooOld = "";
  for (const folder of folders) {
    const binary = which("go", [folder]);
    if (!binary) continue;
    const ran = await run(binary, ["env", "GOVERSION"], {
      env: { ...systemEnv(process.env), GOTOOLCHAIN: "local" },
      timeoutMs: 20_000,
    });
    const version = /go(\d+(?:\.\d+)*)/.exec(ran.output)?.[1];
    if (version && atLeast(version, needed)) return { binary };
    tooOld ||= `${binary} (${version ?? "?"})`;
  }
  return { tooOld };
}

/** Whether a dotted version is the other or newer. @param {string} version @param {string} needed */
export function atLeast(version, needed) {
  const [have, want] = [version.split(".").map(Number), needed.split(".").map(Number)];
  for (let i = 0; i < Math.max(have.length, want.length); i++) {
    const difference = (have[i] ?? 0) - (want[i] ?? 0);
    if (difference !== 0) return difference > 0;
  }
  return true;
}
