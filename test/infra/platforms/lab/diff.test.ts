import assert from "node:assert/strict";
import { test } from "node:test";
import { differences } from "../../../../infra/platforms/lab/diff.ts";
import { hostInputs, linkInputs } from "../../../../infra/platforms/lab/model.ts";
import { birdConf, smallDeployment } from "./small.ts";

const { hosts, links } = smallDeployment(0);
const host = () => structuredClone(hostInputs(hosts[0]!).inputs);
const link = () => structuredClone(linkInputs(links[0]!));

test("equal inputs have no difference", () => {
  assert.deepEqual(differences("Host", host(), host()), []);
  assert.deepEqual(differences("Link", link(), link()), []);
});

test("a changed text is an update of that file, named by its path", () => {
  const spec = structuredClone(hosts[0]!);
  spec.files[0]!.content = { text: birdConf(1, "# changed\n") };
  assert.deepEqual(differences("Host", host(), hostInputs(spec).inputs), [
    { path: 'files["/etc/bird/bird.conf"]', change: "update", replace: false },
  ]);
});

const table: [
  string,
  string,
  (i: Record<string, never>) => void,
  { path: string; change: string; replace: boolean },
][] = [
  [
    "a file that is gone",
    "Host",
    (i) => delete (i as never as { files: object }).files["/etc/bird/bird.conf" as never],
    { path: 'files["/etc/bird/bird.conf"]', change: "delete", replace: false },
  ],
  [
    "a daemon that does not run",
    "Host",
    (i) => delete (i as never as { daemons: object }).daemons["bird" as never],
    { path: "daemons.bird", change: "delete", replace: false },
  ],
  ["another host", "Host", (i) => Object.assign(i, { host: "r9" }), { path: "host", change: "update", replace: true }],
  [
    "a link that is down",
    "Link",
    (i) => Object.assign(i, { up: false }),
    { path: "up", change: "update", replace: false },
  ],
  [
    "an address more",
    "Link",
    (i) => (i as never as { a: { addresses: string[] } }).a.addresses.push("10.1.1.1/32"),
    { path: "a.addresses[2]", change: "add", replace: false },
  ],
  [
    "another device",
    "Link",
    (i) => Object.assign((i as never as { b: object }).b, { device: "x" }),
    { path: "b.device", change: "update", replace: true },
  ],
];
for (const [name, kind, change, expected] of table)
  test(name, () => {
    const after = (kind === "Host" ? host() : link()) as never as Record<string, never>;
    change(after);
    assert.deepEqual(differences(kind, kind === "Host" ? host() : link(), after), [expected]);
  });
