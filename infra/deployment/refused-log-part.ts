// What a border refuses is written down by ulogd, where the border's agent reads it. Pure.
import { ULOGD, ulogdConfig } from "../render/index.ts";
import { directory, type Part, text } from "./part.ts";

/** It opens its sockets and its log as root and goes on as an account of its own. */
export function refusedLogPart(): Part {
  return {
    directories: [directory("/var/log/ulogd", "0750", "root:adm")],
    files: [text(ULOGD.config, ulogdConfig())],
    daemons: [
      {
        name: "ulogd",
        argv: ["ulogd", "-c", ULOGD.config, "-u", "ulog"],
        user: "root",
        restart: "once",
        files: [ULOGD.config],
        log: "/var/log/ulogd/ulogd.log",
        role: "service",
      },
    ],
  };
}
