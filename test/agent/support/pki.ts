// Real keys and certificates, made by OpenSSL in a folder of the test's.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Pair {
  key: string;
  certificate: string;
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];

export class Pki {
  readonly dir = mkdtempSync(join(tmpdir(), "vonggac-pki-"));
  private n = 0;

  constructor() {
    process.once("exit", () => rmSync(this.dir, { recursive: true, force: true }));
  }

  root(name: string): Pair {
    const [key, cert] = [this.file("key"), this.file("pem")];
    const exts = ["basicConstraints=critical,CA:TRUE", "keyUsage=critical,keyCertSign,cRLSign"];
    this.run(
      "req",
      "-x509",
      ...EC,
      "-keyout",
      key,
      "-out",
      cert,
      "-days",
      "3650",
      "-subj",
      `/CN=${name}`,
      ...exts.flatMap((e) => ["-addext", e]),
    );
    return { key: readFileSync(key, "utf8"), certificate: readFileSync(cert, "utf8") };
  }

  /** `extensions`: lines of an OpenSSL extension section. */
  issue(ca: Pair, name: string, extensions: string, days = 30): Pair {
    const [key, csr] = [this.file("key"), this.file("csr")];
    this.run("req", ...EC, "-keyout", key, "-out", csr, "-subj", `/CN=${name}`);
    return { key: readFileSync(key, "utf8"), certificate: this.sign(ca, readFileSync(csr, "utf8"), extensions, days) };
  }

  intermediate(ca: Pair, name: string, days = 300): Pair {
    return this.issue(ca, name, "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign", days);
  }

  sign(ca: Pair, csr: string, extensions: string, days = 30): string {
    const [request, ext, caCert, caKey, out] = ["csr", "ext", "pem", "key", "pem"].map((s) => this.file(s)) as [
      string,
      string,
      string,
      string,
      string,
    ];
    writeFileSync(request, csr);
    writeFileSync(ext, extensions);
    writeFileSync(caCert, ca.certificate);
    writeFileSync(caKey, ca.key);
    const serial = String(1_000 + this.n);
    this.run(
      "x509",
      "-req",
      "-in",
      request,
      "-CA",
      caCert,
      "-CAkey",
      caKey,
      "-set_serial",
      serial,
      "-days",
      String(days),
      "-extfile",
      ext,
      "-out",
      out,
    );
    return readFileSync(out, "utf8");
  }

  private file = (suffix: string) => join(this.dir, `${this.n++}.${suffix}`);
  private run = (...args: string[]) => execFileSync("openssl", args, { stdio: ["ignore", "pipe", "pipe"] });
}
