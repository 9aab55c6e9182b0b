// Debian's packages: installed without their recommendations, and without one of their services running afterwards.
// Only root can; a test run without root goes on with what is there and says what is not.
import { text } from "../say.mjs";
import { install, notInstalled } from "./packages/apt.mjs";
import { packagesFor } from "./packages/list.mjs";
import { holdServices, letServicesStart, unfinished } from "./packages/services.mjs";
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
    holdServices(missing);
    try {
      if (missing.length > 0) await install(missing, progress);
    } finally {
      await letServicesStart();
    }
  },
  there: (machine) => text("packages.there", { count: packagesFor(machine.purpose).length }),
};
