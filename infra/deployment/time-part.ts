// chrony beside a resolver: one of the province's time servers. Pure.
import type { Plan, PlannedHost } from "../plan/types.ts";
import { CHRONY, chronyConfig } from "../render/index.ts";
import { directory, type Part, text } from "./part.ts";

const ACCOUNT = "_chrony";

export function timePart(plan: Plan, host: PlannedHost): Part {
  return {
    directories: [
      directory("/etc/chrony"),
      directory(CHRONY.state, "0750", `${ACCOUNT}:${ACCOUNT}`),
      directory(CHRONY.run, "0750", `${ACCOUNT}:${ACCOUNT}`),
    ],
    files: [text(CHRONY.config, chronyConfig(plan, host))],
    daemons: [
      {
        name: "chrony",
        // -U: what it must be allowed it has as capabilities.
        argv: ["chronyd", "-d", "-U", "-u", ACCOUNT, "-f", CHRONY.config],
        onSharedClock: ["-x"],
        user: ACCOUNT,
        capabilities: ["net_bind_service", "sys_time"],
        restart: "once",
        files: [CHRONY.config],
        log: "/var/log/chrony/chrony.log",
        role: "service",
      },
    ],
  };
}
