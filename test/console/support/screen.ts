// The screen's server before a real record and a clock that the test moves; a site of its own; the pipeline left out.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { ProviderSettings } from "../../../console/api/desk/provider.ts";
import { createFeed } from "../../../console/api/feed.ts";
import type { Alarm } from "../../../console/api/ports.ts";
import { openScreen } from "../../../console/api/screen.ts";
import { readSite } from "../../../console/api/static.ts";
import type { Role } from "../../../console/people/roles.ts";
import { readersOf } from "../../../console/reader.ts";
import { openStore } from "../../../console/store/store.ts";
import type { ActResult, AgentStatus, Incident, Registry, TargetStatus } from "../../../protocol/index.ts";
import { deskBefore } from "./casework.ts";
import { openDoors, personWith } from "./doors.ts";
import { sampleRegistry } from "./province.ts";

export const PAGE = "<!doctype html><title>x</title>";

export async function startScreen(
  url = "http://127.0.0.1:8080",
  site: Record<string, string> = { "index.html": PAGE },
  settings?: ProviderSettings,
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
  const said: {
    act: ActResult;
    ready: boolean;
    registry: Registry;
    agents: AgentStatus[];
    targets: TargetStatus[];
  } = {
    act: { ok: false, code: "incident-unknown" },
    ready: true,
    registry: sampleRegistry(),
    agents: [],
    targets: [],
  };
  const alarms: Alarm[] = [];
  const reader = readersOf({
    registry: () => said.registry,
    incidents: store.scoped.incidents,
    incident: store.scoped.incident,
    concerned: store.scoped.concerned,
    joinedAt: store.scoped.joinedAt,
    agents: () => said.agents,
    targets: () => said.targets,
    itemsOf: store.items.ofTargets,
    hours: store.history.hours,
    search: store.history.search,
    now: () => time.now,
  });
  const { desk, router, log, provider, real } = openDoors(
    folder,
    url,
    {
      act: async (...what) => {
        acts.push(what);
        return said.act;
      },
      casework: deskBefore({ store, folder, registry: said.registry, now: () => time.now }).door,
      reader,
      hasAgency: (id) => said.registry.agencies.some((a) => a.id === id),
      itemsAfter: store.items.after,
      alarm: (alarm) => alarms.push(alarm),
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
    },
    store,
    settings,
  );
  const dropped = { count: 0 };
  const feed = createFeed({ reader, now: () => time.now, onClients() {}, onDropped: () => dropped.count++ });
  const site_ = readSite(join(folder, "site"));
  const listen = { host: "127.0.0.1", port: 0 };
  const screen = await openScreen({ listen, url: new URL(url), site: site_, router, feed, log });
  const host = `127.0.0.1:${screen.port}`;
  return {
    time,
    acts,
    alarms,
    provider,
    /** The identity provider's desk, where the test gave one. */
    real,
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
    call: (method: string, path: string, headers: Record<string, string>, body?: unknown) =>
      call(screen.port, method, path, headers, body === undefined ? undefined : JSON.stringify(body)),
    /** The operator's Cookie header. */
    signIn(): string {
      const entered = desk.byCode(desk.issue().code, "test");
      if (!("cookie" in entered)) throw new Error(JSON.stringify(entered));
      return `vonggac=${entered.cookie}`;
    },
    /** Somebody's Cookie header. */
    person: (name: string, roles: Role[], agencies: string[] = []) =>
      personWith(store, desk, time.now, name, roles, agencies),
    /** Keeps an incident as the pipeline would. */
    keep: (incident: Incident) => store.transaction(() => store.incidents.save(incident, time.now)),
    async end() {
      real?.close();
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
