import { X509Certificate } from "node:crypto";
import pulumi from "@pulumi/pulumi";

/**
 * The province's certificates, as far as they are public: who the root is and how long it lasts, among the stack's outputs, so that
 * another stack (or a person with a telephone) can compare. Keys are made and kept in the vault; the engine never sees one.
 */
export class Pki extends pulumi.ComponentResource {
  readonly rootSha256: string;
  readonly rootNotAfter: string;

  /** `root`: PEM of the root certificate. */
  constructor(root: string) {
    super("vonggac:infra:Pki", "pki", {});
    const certificate = new X509Certificate(root);
    this.rootSha256 = certificate.fingerprint256.replaceAll(":", "").toLowerCase();
    this.rootNotAfter = certificate.validToDate.toISOString();
    this.registerOutputs({ rootSha256: this.rootSha256, rootNotAfter: this.rootNotAfter });
  }
}
