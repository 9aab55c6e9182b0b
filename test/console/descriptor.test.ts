// The screen on a socket that somebody else opened: descriptor 3, as the platform hands it over.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";
import { prepareProcesses } from "./support/processes.ts";
import { eventually } from "./support/rig.ts";

const files = await prepareProcesses((config) => {
  config.screen = { fd: 3, url: config.screen.url };
});
after(() => files.end());

test("the console serves the screen on descriptor 3", { timeout: 20_000 }, async () => {
  const listener = createServer();
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as { port: number };
  const { fd } = (listener as Server & { _handle: { fd: number } })._handle;
  writeFileSync(files.consoleFile, JSON.stringify(files.config));
  const main = join(import.meta.dirname, "..", "..", "console", "main.ts");
  const child = spawn(process.execPath, [main, "--config", files.consoleFile], {
    stdio: ["ignore", "ignore", "inherit", fd],
  });
  const exited = new Promise((resolve) => child.on("exit", resolve));
  try {
    // Ours goes first, so that only the console answers.
    await new Promise((resolve) => listener.close(resolve));
    const answer = await eventually(
      "an answer",
      () => fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined),
      10_000,
    );
    assert.equal(answer.status, 200);
  } finally {
    child.kill("SIGTERM");
    assert.equal(await exited, 0);
  }
});
