import assert from "node:assert/strict";
import { test } from "node:test";
import { labArguments, readOptions } from "../../../setup/start/options.mjs";

test("none: everything as the running lab has it", () => {
  const options = readOptions([]);
  assert.deepEqual(options, { prepareOnly: false, help: false });
  assert.deepEqual(labArguments(options), []);
});

test("both ways of writing a value; all of them reach the lab", () => {
  const options = readOptions(["--agencies", "40", "--port=9000", "--listen", "::"]);
  assert.deepEqual(labArguments(options), ["--port", "9000", "--listen", "::", "--agencies", "40"]);
  assert.equal(readOptions(["--prepare-only"]).prepareOnly, true);
});

for (const args of [
  ["--agencies", "0"],
  ["--agencies", "many"],
  ["--agencies"],
  ["--port", "70000"],
  ["--port", "-1"],
  ["--listen", "everywhere"],
  ["--unknown"],
  ["up"],
])
  test(`refused: ${args.join(" ")}`, () => {
    assert.throws(
      () => readOptions(args),
      (e: { code: string }) => e.code === "option-invalid",
    );
  });
