// Second source: Pulumi's own installer, through Pulumi's own npm package. In a closed network its address does not
// answer: that is found out in seconds, before the installer is let to try for minutes.
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { tail } from "../../failure.mjs";
import { pinnedNode, projectEnv } from "../../machine.mjs";
import { run } from "../../run.mjs";
import { text } from "../../say.mjs";
import { engineFolder, saysVersion } from "./place.mjs";

const INSTALLER = "https://get.pulumi.com/install.sh";
const PROBE_SECONDS = 8;
const INSTALL_MS = 15 * 60_000;

/** @param {import("../../machine.mjs").Machine} machine @param {(howFar: string) => void} progress @returns {Promise<string | undefined>} */
export async function fromOfficialInstaller(machine, progress) {
  progress(INSTALLER);
  const limits = ["--connect-timeout", "5", "--max-time", String(PROBE_SECONDS)];
  const probe = await run("curl", ["-fsSL", ...limits, "-o", "/dev/null", INSTALLER]);
  if (probe.code !== 0) return text("engine.official.unreachable", { said: tail(probe.output, 1) });

  const folder = engineFolder(machine);
  rmSync(folder, { recursive: true, force: true });
  const launcher = join(machine.root, "node_modules", "pulumi", "run.js");
  const ran = await run(pinnedNode(machine), [launcher, "version"], {
    // The launcher fetches with Node's own fetch, which heeds proxies only when told so.
    env: {
      ...projectEnv(machine),
      NODE_USE_ENV_PROXY: "1",
      PULUMI_VERSION: machine.engineVersion,
      PULUMI_SKIP_UPDATE_CHECK: "true",
    },
    timeoutMs: INSTALL_MS,
    onLine: progress,
  });
  if (await saysVersion(join(folder, "pulumi"), machine.engineVersion)) return undefined;
  rmSync(dirname(folder), { recursive: true, force: true });
  return text("engine.official.failed", { said: tail(ran.output, 2) });
}
