// console.json: its shape, read once at start. docs/architecture.md says what each part is for.
import Type from "typebox";
import { LOG_LAW, leastLogDays, SYSTEM_LEVELS } from "../protocol/retention.ts";
import { jsonFileReader } from "./json-file.ts";
import { ChannelSchema, HeartbeatSchema } from "./notify/policy.ts";
import { ClaimRowSchema } from "./people/claims.ts";
import { Problem } from "./problem.ts";

const Path = Type.String({ minLength: 1, maxLength: 4096 });
const Host = Type.String({ minLength: 1, maxLength: 255 });
const Port = Type.Integer({ minimum: 0, maximum: 65_535 });
const Ms = (minimum: number) => Type.Integer({ minimum, maximum: 3_600_000 });

export const ConsoleConfigSchema = Type.Object(
  {
    gateway: Type.Object(
      { host: Host, port: Port, certFile: Path, keyFile: Path, clientRootsFile: Path },
      { additionalProperties: false },
    ),
    /** `fd` is a listening socket that was opened by the platform; `host` and `port` stand in where there is none. */
    screen: Type.Object(
      {
        fd: Type.Optional(Type.Integer({ minimum: 3, maximum: 1024 })),
        host: Type.Optional(Host),
        port: Type.Optional(Port),
        url: Type.String({ pattern: "^https?://[^\\s/]+/?$" }),
      },
      { additionalProperties: false },
    ),
    adminSocket: Path,
    enrolSocket: Path,
    registryFile: Path,
    assignmentsFile: Path,
    dataDir: Path,
    metrics: Type.Object({ host: Host, port: Port }, { additionalProperties: false }),
    timing: Type.Object(
      {
        beatMs: Ms(200),
        silentAfterMs: Ms(300),
        settleMs: Ms(0),
        recoverMs: Ms(0),
        /** After a start of the console, how much longer than `silentAfterMs` an agent may take to come back. */
        graceMs: Type.Optional(Ms(0)),
      },
      { additionalProperties: false },
    ),
    /** An identity provider (OpenID Connect), and what its claims give here. */
    provider: Type.Optional(
      Type.Object(
        {
          name: Type.String({ minLength: 1, maxLength: 80 }),
          issuer: Type.String({ pattern: "^https://[^\\s]+$" }),
          clientId: Type.String({ minLength: 1, maxLength: 256 }),
          clientSecretFile: Path,
          scope: Type.Optional(Type.String({ minLength: 6, maxLength: 512 })),
          rows: Type.Array(ClaimRowSchema, { minItems: 1, maxItems: 500 }),
        },
        { additionalProperties: false },
      ),
    ),
    /** Whose agents a person lets in, beside their token: all, or these levels and agencies. Without it the token suffices. */
    enrolment: Type.Optional(
      Type.Object(
        { approve: Type.Union([Type.Literal("all"), Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100 })]) },
        { additionalProperties: false },
      ),
    ),
    /** Where releases of the agent are offered from (docs/field.md); without it none is. */
    releasesDir: Type.Optional(Path),
    /** Days that the log of items is kept, at the system's level the law's minimum at least (protocol/retention.ts). */
    retention: Type.Optional(
      Type.Object(
        {
          logDays: Type.Integer({ minimum: 1, maximum: 36_500 }),
          systemLevel: Type.Optional(Type.Enum([...SYSTEM_LEVELS])),
        },
        { additionalProperties: false },
      ),
    ),
    /** Channels and heartbeat that province.yaml provisions, beside those of the document that people edit. */
    notify: Type.Optional(
      Type.Object(
        { channels: Type.Array(ChannelSchema, { maxItems: 32 }), heartbeat: Type.Optional(HeartbeatSchema) },
        { additionalProperties: false },
      ),
    ),
    /** Secrets of channels by name (notify/secrets.ts); absent: systemd's credentials, or `secrets` beside the record. */
    secretsDir: Type.Optional(Path),
    /** What channels and heartbeats may reach beside public addresses, and whose certificates count beside the world's authorities. */
    outbound: Type.Optional(
      Type.Object(
        {
          allow: Type.Array(Type.String({ pattern: "^[0-9a-fA-F.:]+/\\d{1,3}$" }), { maxItems: 100 }),
          rootsFile: Type.Optional(Path),
        },
        { additionalProperties: false },
      ),
    ),
    logLevel: Type.Enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]),
  },
  { additionalProperties: false },
);
export type ConsoleConfig = Type.Static<typeof ConsoleConfigSchema>;

/**
 * What a host said while its path was broken may still stand when the path is back, until its agent is connected again (some 10 s) and the
 * checks that need the path have run once more (20 s the rarest): so long nothing is concluded from it.
 */
export const DEFAULT_GRACE_MS = 25_000;

const read: (path: string) => ConsoleConfig = jsonFileReader(
  ConsoleConfigSchema,
  "the console's configuration",
  "Provision again, or correct the field by hand (docs/architecture.md shows the file).",
  1024 * 1024,
);

/** Reads console.json. Throws Problem<JsonFileCode | "retention-too-short"> with the path of the wrong field. */
export function readConfig(path: string): ConsoleConfig {
  const config = read(path);
  const least = leastLogDays(config.retention?.systemLevel);
  const days = config.retention?.logDays ?? least;
  if (days >= least) return config;
  throw new Problem(
    "retention-too-short",
    `${path}: /retention/logDays`,
    `${days} days are fewer than the law's ${least} for a system of level ${config.retention?.systemLevel ?? 3} (${LOG_LAW})`,
    `Keep the log for ${least} days or more.`,
  );
}
