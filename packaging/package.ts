// A package is a folder that is carried to the machine, by whatever way: nothing in it is secret, and nothing in it is believed but what
// the printed command vouches for. SHA256SUMS lists every file; the command names the hash of SHA256SUMS.
import { createHash } from "node:crypto";
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { parseRelease, type Release, releaseText } from "../protocol/release.ts";
import { AGENT, fillRelease, pack } from "./bundle.ts";
import { PackagingError } from "./errors.ts";
import { isSignedBy, openReleaseKey, publicHalf, signatureOf } from "./keys.ts";

export const PAYLOAD = "payload.tar.gz";
const RELEASE = "release.txt";
const SIGNATURE = "release.sig";
const RELEASE_KEY = "release-key.pem";
const SUMS = "SHA256SUMS";
const INSTALLER = "install.sh";
/** Where the agent stands in the field; the installer and the units say the same. */
const PLACE = {
  rootsFile: "/etc/vonggac-agent/roots.pem",
  configKeyFile: "/etc/vonggac-agent/config-key.pem",
  tokenFile: "/var/lib/vonggac-agent/token",
  stateDir: "/var/lib/vonggac-agent",
  upgrade: {
    releaseFile: "/opt/vonggac-agent/current/release.txt",
    keyFile: "/etc/vonggac-agent/release-key.pem",
    outcomeFile: "/var/lib/vonggac-agent-update/outcome.json",
  },
};

/** What a province's agents have to know: all of it public. */
interface Trust {
  /** PEM of the roots that vouch for the console. */
  roots: string;
  /** PEM of the key that signs assignments. */
  configKey: string;
  console: { url: string; enrol: string; serverName: string };
  metrics: { host: string; port: number };
}

/** Makes an unsigned package in a new folder. Throws PackagingError. */
export async function makePackage(folder: string, trust: Trust, version: string, nowMs: number): Promise<Release> {
  if (existsSync(folder)) throw new PackagingError("package-folder-exists", folder);
  const work = mkdtempSync(join(tmpdir(), "vonggac-package-"));
  try {
    await fillRelease(work, AGENT);
    mkdirSync(folder, { mode: 0o755, recursive: true });
    const payload = join(folder, PAYLOAD);
    await pack(work, payload);
    const release: Release = {
      version,
      serial: Math.floor(nowMs / 1_000),
      arch: process.arch,
      bytes: statSync(payload).size,
      sha256: await hashOf(payload),
    };
    writeFileSync(join(folder, RELEASE), releaseText(release));
    copyFileSync(join(import.meta.dirname, "files", INSTALLER), join(folder, INSTALLER));
    writeFileSync(join(folder, "roots.pem"), trust.roots);
    writeFileSync(join(folder, "config-key.pem"), trust.configKey);
    writeFileSync(join(folder, "agent.json"), settingsOf(trust));
    return release;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** agent.json with a hole for the agent's name, which the installer fills. */
const settingsOf = ({ console, metrics }: Trust): string =>
  `${JSON.stringify({ agent: "@AGENT@", console, ...PLACE, metrics, outboxItems: 100_000, logLevel: "info" }, null, 2)}\n`;

/** Signs a package, where the key is: that machine needs the small files only, but for the payload's hash, which stands in release.txt. */
export async function signPackage(folder: string, keyFile: string, passphrase: string): Promise<string> {
  const text = read(folder, RELEASE);
  if (!parseRelease(text)) throw new PackagingError("package-incomplete", join(folder, RELEASE), "not a release");
  const key = openReleaseKey(keyFile, passphrase);
  writeFileSync(join(folder, SIGNATURE), signatureOf(text, key));
  writeFileSync(join(folder, RELEASE_KEY), publicHalf(key));
  return writeSums(folder);
}

/** Lists every file of a package by its hash; gives the hash of the list. */
export async function writeSums(folder: string): Promise<string> {
  const names = readdirSync(folder)
    .filter((name) => name !== SUMS)
    .sort();
  const lines = await Promise.all(names.map(async (name) => `${await hashOf(join(folder, name))}  ${name}\n`));
  writeFileSync(join(folder, SUMS), lines.join(""));
  return hashOf(join(folder, SUMS));
}

/** A package that is whole and signed. Throws PackagingError. */
export async function readPackage(
  folder: string,
): Promise<{ release: Release; text: string; signature: Buffer; sums: string }> {
  const text = read(folder, RELEASE);
  const release = parseRelease(text);
  if (!release) throw new PackagingError("package-incomplete", join(folder, RELEASE), "not a release");
  if (!existsSync(join(folder, SIGNATURE)) || !existsSync(join(folder, SUMS)))
    throw new PackagingError("package-unsigned", folder);
  const signature = readFileSync(join(folder, SIGNATURE));
  const isWhole = existsSync(join(folder, PAYLOAD)) && (await hashOf(join(folder, PAYLOAD))) === release.sha256;
  if (!isWhole)
    throw new PackagingError("package-incomplete", join(folder, PAYLOAD), "not the payload of this release");
  if (!isSignedBy(text, signature, read(folder, RELEASE_KEY)))
    throw new PackagingError("package-signature-wrong", folder);
  return { release, text, signature, sums: await hashOf(join(folder, SUMS)) };
}

/** What a person runs on the machine, in the folder of the package. A token is asked for, and stands in no command line. */
export const installCommand = (sums: string, agent?: string): string =>
  `echo "${sums}  ${SUMS}" | sha256sum --check --strict --quiet && sha256sum --check --strict --quiet ${SUMS} && sudo sh ${INSTALLER}${agent === undefined ? "" : ` ${agent}`}`;

function read(folder: string, name: string): string {
  try {
    return readFileSync(join(folder, name), "utf8");
  } catch (error) {
    throw new PackagingError("package-incomplete", join(folder, name), (error as Error).message, error);
  }
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("hex");
}
