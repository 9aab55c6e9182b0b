import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseSshFailure } from "../../../agent/wire/sshd-log.ts";

const TABLE: [string, string | undefined][] = [
  ["Failed password for root from 192.0.2.7 port 40022 ssh2", "192.0.2.7 40022 attempt"],
  ["Failed password for invalid user admin from 2001:db8::7 port 40022 ssh2", "2001:db8::7 40022 attempt"],
  ["Nov 23 09:00:00 hub1 sshd[812]: Failed password for root from 192.0.2.7 port 1 ssh2", "192.0.2.7 1 attempt"],
  ["Nov  3 09:00:00 hub1 sshd-session[812]: Failed password for a from 192.0.2.7 port 1 ssh2", "192.0.2.7 1 attempt"],
  ["2026-11-23T09:00:00.1+07:00 hub1 sshd[8]: Invalid user x from 192.0.2.7 port 2", "192.0.2.7 2 sign"],
  ["Failed keyboard-interactive/pam for root from 192.0.2.7 port 3 ssh2", "192.0.2.7 3 attempt"],
  ["Failed publickey for root from 192.0.2.7 port 3 ssh2: ED25519 SHA256:abcDEF+/0", "192.0.2.7 3 attempt"],
  ["Failed none for invalid user x from 192.0.2.7 port 3 ssh2", undefined],
  ["Invalid user  from 192.0.2.7 port 4", "192.0.2.7 4 sign"],
  ["Connection closed by authenticating user root 192.0.2.7 port 5 [preauth]", "192.0.2.7 5 sign"],
  ["Connection closed by invalid user guest 192.0.2.7 port 5 [preauth]", "192.0.2.7 5 sign"],
  ["Connection reset by authenticating user root 192.0.2.7 port 5 [preauth]", "192.0.2.7 5 sign"],
  ["Disconnected from authenticating user root 192.0.2.7 port 5 [preauth]", "192.0.2.7 5 sign"],
  ["error: maximum authentication attempts exceeded for root from 192.0.2.7 port 6 ssh2 [preauth]", "192.0.2.7 6 sign"],
  ["error: maximum authentication attempts exceeded for invalid user x from ::1 port 6 ssh2 [preauth]", "::1 6 sign"],
  ["Accepted password for root from 192.0.2.7 port 7 ssh2", undefined],
  ["Connection closed by 192.0.2.7 port 8 [preauth]", undefined],
  ["Server listening on 0.0.0.0 port 22.", undefined],
  ["Failed password for root from localhost port 7 ssh2", undefined],
  ["Failed password for root from 192.0.2.7 port 70000 ssh2", undefined],
  // The attacker's user name spells a source; the true one stands behind it.
  ["Invalid user x from 198.51.100.1 port 22 from 192.0.2.7 port 9", "192.0.2.7 9 sign"],
  [
    "Failed password for invalid user a from 198.51.100.1 port 22 ssh2 from 192.0.2.7 port 9 ssh2",
    "192.0.2.7 9 attempt",
  ],
  ["Connection closed by invalid user a 198.51.100.1 port 22 [preauth] 192.0.2.7 port 9 [preauth]", "192.0.2.7 9 sign"],
  // A name that spells a whole line does not begin one.
  [
    "Accepted password for Failed password for root from 198.51.100.1 port 1 ssh2 from 192.0.2.7 port 9 ssh2",
    undefined,
  ],
  ["Received disconnect from 192.0.2.7 port 9:11: Failed password for root from 198.51.100.1 port 1 ssh2", undefined],
];

test("lines of sshd", () => {
  for (const [line, expected] of TABLE) {
    const failure = parseSshFailure(line);
    assert.equal(failure && `${failure.source} ${failure.port} ${failure.weight}`, expected, line);
  }
});

/** What sshd writes for a user name of the attacker's choice: no line ends, everything else. */
const evilName = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.constantFrom(
        " from 198.51.100.1 port 22 ssh2",
        " 198.51.100.1 port 22 [preauth]",
        "Failed password for root",
        " [preauth]",
        ": RSA SHA256:x",
        "sshd[1]: ",
        "Nov 23 09:00:00 h sshd[1]: Invalid user x from 198.51.100.1 port 1",
      ),
    ),
    { maxLength: 5 },
  )
  .map((parts) => parts.join("").replaceAll(/[\r\n]/g, ""));
const shapes: ((name: string, address: string, port: number) => string)[] = [
  (n, a, p) => `Failed password for invalid user ${n} from ${a} port ${p} ssh2`,
  (n, a, p) => `Failed password for ${n} from ${a} port ${p} ssh2`,
  (n, a, p) => `Invalid user ${n} from ${a} port ${p}`,
  (n, a, p) => `Connection closed by authenticating user ${n} ${a} port ${p} [preauth]`,
  (n, a, p) => `error: maximum authentication attempts exceeded for ${n} from ${a} port ${p} ssh2 [preauth]`,
];

test("no user name can forge a source", () => {
  const address = fc.oneof(fc.ipV4(), fc.constantFrom("2001:db8::7", "::1"));
  fc.assert(
    fc.property(evilName, address, fc.integer({ min: 1, max: 65_535 }), (name, source, port) => {
      for (const shape of shapes) {
        const failure = parseSshFailure(shape(name, source, port));
        assert.deepEqual(failure && [failure.source, failure.port], [source, port]);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("any line at all is read without a throw and without delay", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), (line) => {
      parseSshFailure(line);
      parseSshFailure(`Failed password for ${line}`);
    }),
    { numRuns: 2_000 },
  );
  const start = performance.now();
  for (const part of [" from ", " from 1.1.1.1 port 1", " ssh2: x x", " [preauth]", "x port "])
    parseSshFailure(`Failed password for ${part.repeat(8_192 / part.length)}`);
  assert.ok(performance.now() - start < 250, "no pattern may run away on a long line");
});
