// The accounts that the project's own processes run as: each its own, none can sign in, none has a home.
import { SetupFailure, tail } from "../failure.mjs";
import { run } from "../run.mjs";
import { text } from "../say.mjs";

const ACCOUNTS = ["vonggac-agent", "vonggac-console", "vonggac-ca"];

/** @type {import("./step.mjs").Step} */
export const accounts = {
  id: "accounts",
  skip: (machine) => (machine.isRoot ? undefined : text("accounts.need-root")),
  lacking: async () => {
    const missing = [];
    for (const name of ACCOUNTS) if ((await run("getent", ["passwd", name])).code !== 0) missing.push(name);
    return missing;
  },
  make: async (_machine, lacking) => {
    for (const name of lacking) {
      const group = (await run("getent", ["group", name])).code === 0 ? ["--gid", name] : ["--user-group"];
      const args = [
        "--system",
        "--no-create-home",
        "--home-dir",
        "/nonexistent",
        "--shell",
        "/usr/sbin/nologin",
        ...group,
        name,
      ];
      const ran = await run("useradd", args);
      if (ran.code !== 0)
        throw new SetupFailure("account-failed", { where: `useradd ${name}`, detail: tail(ran.output, 3) });
    }
  },
  there: () => ACCOUNTS.join(", "),
};
