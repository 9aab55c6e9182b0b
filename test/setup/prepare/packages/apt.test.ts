// What apt says, word for word, and the name that it gets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { notInstalled, readAptFailure } from "../../../../setup/prepare/packages/apt.mjs";
import { which } from "../../../../setup/run.mjs";

const said: [string, string][] = [
  [
    "apt-locked",
    "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 412 (unattended-upgr)\nE: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?",
  ],
  ["apt-locked", "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 77 (apt-get)"],
  ["disk-full", "E: You don't have enough free space in /var/cache/apt/archives/."],
  ["disk-full", "E: Failed to fetch http://x/y.deb  Error writing to file - write (28: No space left on device)"],
  ["dpkg-interrupted", "E: dpkg was interrupted, you must manually run 'dpkg --configure -a' to correct the problem."],
  ["apt-package-unknown", "E: Unable to locate package bird2"],
  ["apt-package-unknown", "E: Package 'knot' has no installation candidate"],
  ["apt-unreachable", "E: Failed to fetch http://x/y.deb  Temporary failure resolving 'deb.debian.org'"],
  ["apt-unreachable", "W: Some index files failed to download. They have been ignored, or old ones used instead."],
  ["apt-would-remove", "E: Packages need to be removed but remove is disabled."],
  ["apt-failed", "dpkg: error processing package nginx (--configure):"],
];

for (const [code, output] of said)
  test(`${code}: ${output.slice(0, 60)}`, () => {
    const read = readAptFailure(`Reading package lists...\n${output}\n`);
    assert.equal(read.code, code);
    assert.ok(read.detail.includes(output.split("\n")[0]!.slice(0, 40)));
  });

test("what would have to go is told by its names", () => {
  const { detail } = readAptFailure(
    "The following packages will be REMOVED:\n  exim4-base exim4-config\n  exim4-daemon-light\nThe following NEW packages will be installed:\n  postfix\nE: Packages need to be removed but remove is disabled.\n",
  );
  assert.match(detail, /REMOVED: exim4-base, exim4-config, exim4-daemon-light$/);
});

const dpkg = which("dpkg-query", ["/usr/bin"]);
test("dpkg is asked what is there", { skip: dpkg ? false : "no dpkg here" }, async () => {
  assert.deepEqual(await notInstalled(["dpkg", "no-such-package-here", "libc6"]), ["no-such-package-here"]);
});
