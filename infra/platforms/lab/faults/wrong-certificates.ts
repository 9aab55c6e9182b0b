// A TLS service shows a certificate that is wrong in one way: it really has expired, it is for other names, or the issuing CA's own is
// not sent with it. All are issued by the province's own CA.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Issued, type Issuer, namesOf, serverCertificate } from "../../../vault/certificates.ts";
import type { Lab } from "../names.ts";
import { appliedHost } from "../notes.ts";
import { assetsOf, targetsOf } from "./assets.ts";
import type { Fault } from "./fault.ts";
import { putOnHost, reloadOnHost, restoreOnHost, textOnHost } from "./host-files.ts";

const DAY_MS = 86_400_000;
/** It was good for 90 days, and until ten days ago. */
const DAYS = 90;
const OVER_DAYS = 10;
/** RFC 6761 §6.4: a name that is nobody's. */
const ANOTHERS = "elsewhere.invalid";

/** Where a certificate stands, and by which program's configuration. */
interface Place {
  host: string;
  certificate: string;
  key: string;
  program: string;
}

/** Each site's own as nginx reads it, and a mail exchanger's one as Postfix does. */
const FILES: readonly ((service: string) => Omit<Place, "host">)[] = [
  (id) => ({ certificate: `/etc/nginx/tls/${id}.crt`, key: `/etc/nginx/tls/${id}.key`, program: "nginx" }),
  () => ({ certificate: "/etc/postfix/tls/mail.crt", key: "/etc/postfix/tls/mail.key", program: "master" }),
];

const placesOf = (lab: Lab, service: string): Place[] =>
  (assetsOf(lab, "service").find((s) => s.id === service)?.on ?? []).flatMap((host) => {
    const files = FILES.map((of) => of(service)).find(
      (f) => appliedHost(lab, host)?.files[f.certificate] !== undefined,
    );
    return files ? [{ host, ...files }] : [];
  });

/** With the key that the service has: its TLSA records hold. */
type Made = (names: string[], issuer: Issuer, key: string) => Promise<Issued>;

/** `chained`: the issuing CA's certificate is sent too, as it must be. */
const wrongCertificate = (name: string, make: Made, chained: boolean): Fault => ({
  name,
  targets: "service",
  candidates: (lab) => {
    const watched = new Set(targetsOf(lab, "certificate").map((t) => t.asset));
    const ids = assetsOf(lab, "service").map((s) => s.id);
    return ids.filter((id) => watched.has(id) && placesOf(lab, id).length > 0);
  },
  // The portal is looked at from everywhere every few seconds, the others from the hubs every twenty.
  expects: (_, service) => ({ incident: `certificate ${service}`, withinMs: service === "portal" ? 15_000 : 45_000 }),
  async inject(lab, service) {
    let injectedAt = Date.now();
    for (const { host, certificate, key: keyFile, program } of placesOf(lab, service)) {
      const issuer = { certificate: vault(lab, "pki/issuing.crt"), key: vault(lab, "pki/issuing.key") };
      const key = textOnHost(lab, host, keyFile);
      const wrong = await make(namesOf(textOnHost(lab, host, certificate)), issuer, key);
      putOnHost(lab, host, certificate, wrong.certificate + (chained ? issuer.certificate : ""));
      injectedAt = Date.now();
      await reloadOnHost(lab, host, program);
    }
    return { injectedAt, facts: {} };
  },
  async undo(lab, service) {
    for (const { host, certificate, program } of placesOf(lab, service)) {
      restoreOnHost(lab, host, certificate);
      await reloadOnHost(lab, host, program);
    }
  },
});

export const expireCertificate = wrongCertificate(
  "expire-certificate",
  (names, issuer, key) => serverCertificate(names, issuer, DAYS, Date.now() - (DAYS + OVER_DAYS) * DAY_MS, key),
  true,
);

export const misnameCertificate = wrongCertificate(
  "misname-certificate",
  (_, issuer, key) => serverCertificate([ANOTHERS], issuer, DAYS, Date.now(), key),
  true,
);

export const missingIntermediate = wrongCertificate(
  "missing-intermediate",
  (names, issuer, key) => serverCertificate(names, issuer, DAYS, Date.now(), key),
  false,
);

const vault = (lab: Lab, name: string) => readFileSync(join(lab.stateDir, "vault", name), "utf8");
