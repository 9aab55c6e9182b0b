// Lays a release where the console offers it from. The offer itself comes last and by one rename: a console never sees half of one.
import { copyFileSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Release } from "../protocol/release.ts";
import { PackagingError } from "./errors.ts";
import { PAYLOAD, readPackage } from "./package.ts";

const OFFER = "offer.json";

/** Offers a signed package to that share (percent) of the agents; the same again with another share widens or narrows it. */
export async function offerRelease(folder: string, releases: string, share: number): Promise<Release> {
  if (!(share >= 0 && share <= 100)) throw new PackagingError("share-impossible", String(share));
  const { release, text, signature } = await readPackage(folder);
  mkdirSync(releases, { recursive: true, mode: 0o755 });
  const payload = `payload-${release.serial}.tar.gz`;
  copyFileSync(join(folder, PAYLOAD), join(releases, `${payload}.new`));
  renameSync(join(releases, `${payload}.new`), join(releases, payload));
  const offer = { release: text, signature: signature.toString("base64"), share };
  writeFileSync(join(releases, `${OFFER}.new`), `${JSON.stringify(offer, null, 2)}\n`, { mode: 0o644, flush: true });
  renameSync(join(releases, `${OFFER}.new`), join(releases, OFFER));
  for (const name of readdirSync(releases))
    if (/^payload-\d+\.tar\.gz$/.test(name) && name !== payload) rmSync(join(releases, name), { force: true });
  return release;
}
