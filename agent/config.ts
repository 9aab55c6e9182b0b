// agent.json: the only thing that an agent is given (docs/architecture.md). Everything else comes signed from the console.
import { createPublicKey, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import Type from "typebox";
import { Check, Errors } from "typebox/value";
import { AgentError } from "./errors.ts";

const Path = Type.String({ minLength: 1, maxLength: 4_096 });
const ConfigSchema = Type.Object(
  {
    agent: Type.String({ minLength: 1, maxLength: 160 }),
    console: Type.Object(
      {
        url: Type.String({ pattern: "^wss://" }),
        enrol: Type.String({ pattern: "^https://" }),
        serverName: Type.String({ minLength: 1, maxLength: 255 }),
      },
      { additionalProperties: false },
    ),
    /** PEM of the province's roots: they vouch for the console. */
    rootsFile: Path,
    /** PEM of the Ed25519 key that signs assignments. */
    configKeyFile: Path,
    tokenFile: Path,
    /** TSIG key with which the audit of a zone reads it whole (RFC 8945); an agent that audits none has none. */
    transferKeyFile: Type.Optional(Path),
    stateDir: Path,
    metrics: Type.Object(
      { host: Type.String({ minLength: 2 }), port: Type.Integer({ minimum: 0, maximum: 65_535 }) },
      { additionalProperties: false },
    ),
    /** Of an agent that was installed from a package (docs/field.md): where its release, the pinned key and the updater's word stand. */
    upgrade: Type.Optional(
      Type.Object(
        {
          releaseFile: Path,
          keyFile: Path,
          outcomeFile: Path,
          everySeconds: Type.Optional(Type.Integer({ minimum: 1, maximum: 86_400 })),
        },
        { additionalProperties: false },
      ),
    ),
    outboxItems: Type.Integer({ minimum: 1_000, maximum: 10_000_000 }),
    logLevel: Type.Union(["trace", "debug", "info", "warn", "error", "fatal"].map((level) => Type.Literal(level))),
  },
  { additionalProperties: false },
);
type File = Type.Static<typeof ConfigSchema>;

export interface Config extends Omit<File, "rootsFile" | "configKeyFile"> {
  /** PEM. */
  roots: string;
  configKey: KeyObject;
}

/**
 * Reads agent.json and the public files that it names.
 * @throws AgentError config-unreadable, config-invalid: with the member at fault
 */
export function readConfig(path: string): Config {
  const value = parse(read(path), path);
  if (!Check(ConfigSchema, value)) {
    const first = Errors(ConfigSchema, value)[0];
    throw new AgentError("config-invalid", `${path}: ${first?.instancePath || "/"} ${first?.message ?? ""}`);
  }
  const { rootsFile, configKeyFile, ...rest } = value as File;
  const roots = read(rootsFile);
  if (!roots.includes("-----BEGIN CERTIFICATE-----"))
    throw new AgentError("config-invalid", `/rootsFile: no certificate in ${rootsFile}`);
  return { ...rest, roots, configKey: publicKey(read(configKeyFile), configKeyFile) };
}

function publicKey(pem: string, path: string): KeyObject {
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (error) {
    throw new AgentError("config-invalid", `/configKeyFile: no public key in ${path}`, error);
  }
  throw new AgentError("config-invalid", `/configKeyFile: ${path} is no Ed25519 key`);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new AgentError("config-unreadable", `${path} (${(error as NodeJS.ErrnoException).code})`, error);
  }
}

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AgentError("config-invalid", `${path}: ${(error as Error).message}`, error);
  }
}
