// A stack's settings: each mistake by its own name, with the key and what would be right.
import assert from "node:assert/strict";
import path from "node:path";
import { test } from "node:test";
import { ConfigError, refuseUnknown, SETTING_KEYS, settingsFrom } from "../../infra/config.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const settings = (set: Record<string, string>) => settingsFrom((key) => set[key], ROOT);

test("nothing set: the checkout's own province and state folder, and no more", () => {
  assert.deepEqual(settings({}), { province: path.join(ROOT, "province.yaml"), stateDir: path.join(ROOT, ".vonggac") });
});

test("what is set is typed", () => {
  const read = settings({ agencies: "24", port: "8081", listen: "::1", dataCentre: "dc2", stacks: '{"dc1":"north"}' });
  assert.deepEqual([read.agencies, read.port, read.listen, read.dataCentre], [24, 8081, "::1", "dc2"]);
  assert.deepEqual(read.stacks, { dc1: "north" });
});

const WRONG: [string, string, string][] = [
  ["agencies", "many", "config-not-a-number"],
  ["agencies", "0", "config-out-of-range"],
  ["port", "70000", "config-out-of-range"],
  ["listen", "localhost", "config-not-an-address"],
  ["province", "nowhere.yaml", "config-file-missing"],
  ["lab", "Not-A-Name", "config-name-invalid"],
  ["dataCentre", "", "config-name-invalid"],
  ["stacks", "[]", "config-not-a-map"],
  ["stacks", "dc1=north", "config-not-a-map"],
];
for (const [key, value, code] of WRONG)
  test(`${key} = ${JSON.stringify(value)}: ${code}`, () => {
    assert.throws(
      () => settings({ [key]: value }),
      (e) => e instanceof ConfigError && e.code === code && e.where === key && e.remedy.length > 10,
    );
  });

test("a misspelt key is refused, and told which keys there are", () => {
  refuseUnknown(SETTING_KEYS);
  assert.throws(() => refuseUnknown(["agencys"]), /config-key-unknown: agencys.*agencies/);
});
