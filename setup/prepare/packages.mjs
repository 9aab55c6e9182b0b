// Debian's packages: installed without their recommendations, and without one of their services running afterwards.
// Only root can; a test run without root goes on with what is there and says what is not.
import { text } from "../say.mjs";
import { install, notInstalled } from "./packages/apt.mjs";
import { packagesFor, SUCCESSORS } from "./packages/list.mjs";
import { holdServices, letServicesStart, serve, servingOn, unfinished } from "./packages/services.mjs";
import { needSpace } from "./space.mjs";

/** @type {import("./step.mjs").Step} */
export const packages = {
  id: "packages",
  skip: (machine) =>
    machine.isRoot ? undefined : text("packages.need-root", { list: packagesFor(machine.purpose).join(" ") }),
  lacking: async (machine) => {
    const missing = await notInstalled(packagesFor(machine.purpose));
    return missing.length > 0 ? missing : unfinished();
  },
  make: async (machine, lacking, progress) => {
    await needSpace("/var/cache/apt/archives", machine.purpose === "test" ? 900 : 250);
    const missing = await notInstalled(lacking);
    const successors = await successorsAmong(missing);
    // Asked before the old one goes: afterwards nobody knows whether it was at work.
    const serving = await servingOn(successors);
    holdServices(missing.filter((name) => !serving.includes(name)));
    try {
      if (missing.length > 0) await install(missing, successors, progress);
    } finally {
      await letServicesStart();
    }
    await serve(serving);
  },
  there: (machine) => text("packages.there", { count: packagesFor(machine.purpose).length }),
};

/** The packages that would take the place of one that is installed here. @param {string[]} names */
async function successorsAmong(names) {
  const old = names.flatMap((name) => SUCCESSORS[name]?.package ?? []);
  const missing = old.length > 0 ? await notInstalled(old) : [];
  return names.filter((name) => SUCCESSORS[name] && !missing.includes(SUCCESSORS[name].package));
}
