// The router's part of a host: BIRD. Pure.
import { BIRD_LOG } from "../plan/targets.ts";
import type { Plan, PlannedHost } from "../plan/types.ts";
import { birdConfig } from "../render/index.ts";
import { directory, type Part, text } from "./part.ts";

const CONFIG = "/etc/bird/bird.conf";
const CONTROL = "/run/bird/bird.ctl";

/** BIRD drops root by itself and keeps what it needs of it to write routes. */
export function routerPart(plan: Plan, host: PlannedHost): Part {
  return {
    directories: [directory("/run/bird", "0755", "bird:bird")],
    files: [text(CONFIG, birdConfig(plan, host), "0640", "root:bird")],
    daemons: [
      {
        name: "bird",
        argv: ["bird", "-f", "-c", CONFIG, "-s", CONTROL, "-P", "/run/bird/bird.pid", "-u", "bird", "-g", "bird"],
        prepare: [["bird", "-p", "-c", CONFIG]],
        user: "root",
        restart: "once",
        files: [CONFIG],
        reload: { files: [CONFIG], argv: ["birdc", "-s", CONTROL, "configure"] },
        log: BIRD_LOG,
        role: "network",
      },
    ],
  };
}
