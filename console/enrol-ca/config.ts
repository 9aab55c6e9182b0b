// ca.json and tokens.json: what the enrolment CA is told, and whom it may let in.
import { statSync } from "node:fs";
import Type from "typebox";
import { jsonFileReader } from "../json-file.ts";
import { messageOf, Problem } from "../problem.ts";

const Path = Type.String({ minLength: 1, maxLength: 4096 });
const REMEDY = "Provision again: the file is written by it.";

const CaConfigSchema = Type.Object(
  {
    socket: Path,
    caCertFile: Path,
    caKeyFile: Path,
    tokensFile: Path,
    stateDir: Path,
    days: Type.Integer({ minimum: 1, maximum: 825 }),
    logLevel: Type.Optional(Type.String()),
  },
  { additionalProperties: false },
);
export type CaConfig = Type.Static<typeof CaConfigSchema>;

const TokenSchema = Type.Object(
  {
    agent: Type.String({ pattern: "^[a-z0-9](?:[a-z0-9-]{0,158}[a-z0-9])?$" }),
    sha256: Type.String({ pattern: "^[0-9a-f]{64}$" }),
    expiresAt: Type.Integer({ minimum: 0 }),
  },
  { additionalProperties: false },
);
export type Token = Type.Static<typeof TokenSchema>;

/** Throws Problem<JsonFileCode>. */
export const readCaConfig: (path: string) => CaConfig = jsonFileReader(
  CaConfigSchema,
  "the CA's configuration",
  REMEDY,
  65_536,
);
/** Throws Problem<JsonFileCode>. */
export const readTokens: (path: string) => Token[] = jsonFileReader(
  Type.Array(TokenSchema),
  "the list of tokens",
  REMEDY,
);

export type FileModeCode = "file-exposed" | "file-missing";

/** Refuses a file that accounts other than its owner's and its group's readers can touch. `forbidden`: mode bits. */
export function requireMode(path: string, forbidden: number): void {
  let mode: number;
  try {
    mode = statSync(path).mode & 0o777;
  } catch (error) {
    throw new Problem<FileModeCode>("file-missing", path, messageOf(error), "Provision again.", error);
  }
  if ((mode & forbidden) !== 0)
    throw new Problem<FileModeCode>(
      "file-exposed",
      path,
      `its mode is ${mode.toString(8).padStart(4, "0")}: others than its owner may touch it`,
      `chmod ${(mode & ~forbidden).toString(8).padStart(4, "0")} it; if others could read it, make a new one.`,
    );
}
