// The screen's server before a real record and a clock that the test moves; a site of its own; the pipeline left out.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createFeed } from "../../../console/api/feed.ts";
import type { Backend } from "../../../console/api/ports.ts";
import { openScreen } from "../../../console/api/screen.ts";
import { signInDesk } from "../../../console/api/signin.ts";
import { readSite } from "../../../console/api/static.ts";
import { createLog } from "../../../console/log.ts";
import { createMetrics } from "../../../console/metrics.ts";
import { openStore } from "../../../console/store/store.ts";
import type { ActResult, FeedMessage, Incident } from "../../../protocol/index.ts";

export const PAGE = "<!doctype html><title>x</title>";

export async function startScreen(
  url = "http://127.0.0.1:8080",
  site: Record<string, string> = { "index.html": PAGE },
) {
  const folder = mkdtempSync(join(tmpdir(), "vonggac-screen-"));
  for (const [name, text] of Object.entries(site)) {
    mkdirSync(dirname(join(folder, "site", name)), { recursive: true });
    writeFileSync(join(folder, "site", name), text);
  }
  writeFileSync(join(folder, "secret.txt"), "not of the site");
  const store = openStore(join(folder, "record"));
  const time = { now: 1_800_000_000_000, mono: 0 };
  const acts: unknown[] = [];
  const said: { act: ActResult; ready: boolean; incident: Incident | undefined } = {
    act: { ok: false, code: "incident-unknown" },
    ready: true,
    incident: undefined,
  };
  const snapshot = (): Extract<FeedMessage, { t: "snapshot" }> => ({
    t: "snapshot",
    at: time.now,
    province: { id: "p", name: { vi: "p", en: "p" } },
    levels: [],
    agencies: [],
    assets: [],
    agents: [],
    targets: [],
    incidents: [],
  });
  const backend: Backend = {
    accounts: store.accounts,
    audit: store.audit.write,
    transaction: store.transaction,
    act: async (...what) => {
      acts.push(what);
      return said.act;
    },
    snapshot,
    incidents: () => [],
    incident: () => said.incident,
    agents: () => [],
    targets: () => [],
    itemsOf: store.items.ofTargets,
    itemsAfter: store.items.after,
    status: () => ({
      agents: { live: 0, silent: 0, unknown: 0, misconfigured: {} },
      incidents: {},
      targets: 0,
      record: { bytes: 0, items: 0, gaps: 0 },
      registry: "v",
      url,
      ready: said.ready,
    }),
    now: () => time.now,
    monotonic: () => time.mono,
  };
  const desk = signInDesk(backend);
  const dropped = { count: 0 };
  const feed = createFeed({ snapshot, now: () => time.now, onClients() {}, onDropped: () => dropped.count++ });
  const screen = await openScreen({
    listen: { host: "127.0.0.1", port: 0 },
    url: new URL(url),
    site: readSite(join(folder, "site")),
    desk,
    feed,
    backend,
    metrics: createMetrics(),
    log: createLog("silent"),
  });
  const host = `127.0.0.1:${screen.port}`;
  return {
    time,
    acts,
    said,
    store,
    desk,
    feed,
    dropped,
    host,
    get: (path: string, headers: Record<string, string> = {}) => call(screen.port, "GET", path, { host, ...headers }),
    post: (path: string, body: unknown, headers: Record<string, string> = {}) =>
      call(
        screen.port,
        "POST",
        path,
        { host, origin: `http://${host}`, "x-vonggac": "1", ...headers },
        JSON.stringify(body),
      ),
    call: (method: string, path: string, headers: Record<string, string>) => call(screen.port, method, path, headers),
    /** A session's Cookie header. */
    signIn(): string {
      const result = desk.signIn(desk.issue("an").code, "test");
      if (!result.ok) throw new Error(result.code);
      return `vonggac=${result.cookie}`;
    },
    async end() {
      feed.close();
      await screen.close();
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** The problem's code, or nothing. */
  code: string | undefined;
}

/** The path goes out as it is written: no client tidies up its dots. */
function call(
  port: number,
  method: string,
  path: string,
  headers: Record<string, string>,
  body?: string,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: "127.0.0.1", method, path, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (d: string) => {
        text += d;
      });
      response.on("end", () => {
        let code: string | undefined;
        if (String(response.headers["content-type"]).includes("problem+json")) code = JSON.parse(text).code;
        resolve({ status: response.statusCode!, headers: response.headers, text, code });
      });
    });
    sent.on("error", reject);
    sent.end(body);
  });
}
