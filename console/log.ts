// The console's log: one JSON object a line on standard output. Secrets are cut out by name, wherever they stand.
import { type Logger, pino } from "pino";

export type { Logger };

const SECRET = ["token", "code", "csr", "cookie", "authorization", "certificate", "signature", "payload"];

/** `code` of a problem is not a secret and is logged as `problem`. */
export function createLog(level: string): Logger {
  return pino({
    level,
    base: undefined,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
    redact: { paths: SECRET.flatMap((s) => [s, `*.${s}`, `*.headers.${s}`]), censor: "[cut]" },
  });
}
