// Secrets of channels: read by name, from a file that is nobody else's or from the environment; refused by name else.
import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { readSecret } from "../../../console/notify/secrets.ts";
import { Problem } from "../../../console/problem.ts";

const folder = mkdtempSync(join(tmpdir(), "vonggac-secrets-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const put = (name: string, text: string, mode = 0o400) => {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), mode);
};
const codeOf = (name: string, env = {}) => {
  try {
    return readSecret(folder, name, env);
  } catch (error) {
    assert.ok(error instanceof Problem);
    assert.ok(!`${error.toLine()} ${error.stack}`.includes("geheim"), "no error holds any of it");
    return error.code;
  }
};

test("a file of the name, without the newline that an editor adds; changed, it counts at once", () => {
  put("smtp-password", "geheim\n");
  assert.equal(codeOf("smtp-password"), "geheim");
  chmodSync(join(folder, "smtp-password"), 0o600);
  put("smtp-password", "geheim2\n");
  assert.equal(codeOf("smtp-password"), "geheim2");
});

test("the environment stands above the file", () => {
  assert.equal(codeOf("smtp-password", { VONGGAC_SECRET_SMTP_PASSWORD: "geheim3" }), "geheim3");
});

test("refused: what others may read or write, what is a link, what is empty, what is not there", () => {
  for (const mode of [0o404, 0o420, 0o402, 0o666]) {
    put("open", "geheim", mode);
    assert.equal(codeOf("open"), "secret-exposed", mode.toString(8));
  }
  symlinkSync("/etc/passwd", join(folder, "link"));
  assert.equal(codeOf("link"), "secret-missing");
  put("empty", " \n");
  assert.equal(codeOf("empty"), "secret-empty");
  assert.equal(codeOf("none"), "secret-missing");
});

test("a name is no path", () => {
  for (const name of ["../people.key", "/etc/passwd", "a/b", "A", "", ".."])
    assert.equal(codeOf(name), "secret-name-invalid");
});
