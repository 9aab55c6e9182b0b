// A TLS service shows a certificate that really has expired: issued for the same names by the same CA, for a time that is over.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { namesOf, serverCertificate } from "../../../vault/certificates.ts";
import { LabError } from "../errors.ts";
import { place, writeFiles } from "../files.ts";
import { parseFileLine } from "../model.ts";
import { hostRoot, type Lab } from "../names.ts";
import { inHost } from "../process.ts";
import { assetsOf, daemonRunning, inputsOf } from "./assets.ts";
import type { Fault } from "./fault.ts";

const DAY_MS = 86_400_000;
/** It was good for 90 days, and until ten days ago. */
const DAYS = 90;
const OVER_DAYS = 10;

const hostsOfService = (lab: Lab, service: string): string[] =>
  assetsOf(lab, "service")
    .find((s) => s.id === service)
    ?.on.filter((host) => daemonRunning(lab, host, "nginx")) ?? [];

export const expireCertificate: Fault = {
  name: "expire-certificate",
  targets: "service",
  candidates: (lab) =>
    assetsOf(lab, "service")
      .map((s) => s.id)
      .filter((id) => hostsOfService(lab, id).length > 0),
  async inject(lab, service) {
    let injectedAt = Date.now();
    for (const host of hostsOfService(lab, service)) {
      const { certificate, key } = tlsFiles(lab, host);
      const issuer = { certificate: vault(lab, "pki/issuing.crt"), key: vault(lab, "pki/issuing.key") };
      const names = namesOf(readFileSync(join(hostRoot(lab, host), certificate), "utf8"));
      const expired = await serverCertificate(names, issuer, DAYS, Date.now() - (DAYS + OVER_DAYS) * DAY_MS);
      put(lab, host, certificate, expired.certificate + issuer.certificate);
      put(lab, host, key, expired.key);
      injectedAt = Date.now();
      await reload(lab, host);
    }
    return { injectedAt, facts: {} };
  },
  async undo(lab, service) {
    for (const host of hostsOfService(lab, service)) {
      writeFiles(lab, inputsOf(lab, host));
      await reload(lab, host);
    }
  },
};

const vault = (lab: Lab, name: string) => readFileSync(join(lab.stateDir, "vault", name), "utf8");

/** Which files nginx reads its certificate and key from, by its own configuration. */
function tlsFiles(lab: Lab, host: string): { certificate: string; key: string } {
  const config = readFileSync(join(hostRoot(lab, host), "etc/nginx/nginx.conf"), "utf8");
  const [, certificate] = /^\s*ssl_certificate\s+(\S+);/m.exec(config) ?? [];
  const [, key] = /^\s*ssl_certificate_key\s+(\S+);/m.exec(config) ?? [];
  if (!certificate || !key)
    throw new LabError("fault-failed", host, "its nginx has no certificate", "choose a TLS service");
  return { certificate, key };
}

/** Puts other content into a file of the host, with the rights that the file has. */
function put(lab: Lab, host: string, path: string, content: string): void {
  const line = inputsOf(lab, host).files[path];
  if (line === undefined)
    throw new LabError("fault-failed", `${host}:${path}`, "no file of the platform's", "run lab up again");
  const { mode, owner } = parseFileLine(line);
  place(join(hostRoot(lab, host), path), content, mode, owner);
}

async function reload(lab: Lab, host: string): Promise<void> {
  const argv = daemonRunning(lab, host, "nginx")?.reload?.argv;
  if (argv) await inHost(lab, host, argv);
}
