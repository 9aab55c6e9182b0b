// Every role × every route × own and another's agency, over the real server. The table below says who may call what; a route that
// is not in it fails, so that nothing is added without somebody saying for whom.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { PROOF_FRESH_MS } from "../../../console/api/desk/sessions.ts";
import type { Route } from "../../../console/api/route.ts";
import { ROUTES } from "../../../console/api/routes.ts";
import { ROLES, type Role } from "../../../console/people/roles.ts";
import type { CasePart } from "../../../protocol/casework.ts";
import type { FeedMessage } from "../../../protocol/index.ts";
import { bad, good, incident, TARGETS } from "../support/province.ts";
import { eventually } from "../support/rig.ts";
import { startScreen } from "../support/screen.ts";

const ALL: readonly Role[] = ROLES;
const HANDLERS: readonly Role[] = ["engineer", "security-staff", "security-lead"];
const LEADS: readonly Role[] = ["security-lead"];
const AUDIT: readonly Role[] = ["security-lead", "auditor", "administrator"];
const PEOPLE: readonly Role[] = ["auditor", "administrator"];
const ADMIN: readonly Role[] = ["administrator"];

/** Who may call it; "anybody" needs no session. */
const MAY: Record<string, readonly Role[] | "anybody"> = {
  health: "anybody",
  readiness: "anybody",
  document: "anybody",
  waysIn: "anybody",
  signInByCode: "anybody",
  signInByPassword: "anybody",
  setFirstPassword: "anybody",
  showSecondFactor: "anybody",
  signInBySecondFactor: "anybody",
  signInByProvider: "anybody",
  backFromProvider: "anybody",
  me: ALL,
  signOut: ALL,
  proveAgain: ALL,
  mySessions: ALL,
  endMySession: ALL,
  myTokens: ALL,
  makeToken: ALL,
  revokeMyToken: ALL,
  showPasskey: "anybody",
  signInByPasskey: "anybody",
  myPasskeys: ALL,
  newPasskey: ALL,
  addPasskey: ALL,
  dropPasskey: ALL,
  askPasskeyProof: ALL,
  proveByPasskey: ALL,
  agencies: ALL,
  agents: ALL,
  targets: ALL,
  feed: ALL,
  hours: ALL,
  rebuildHistory: ADMIN,
  search: ["engineer", "security-staff", "security-lead", "agency-it", "auditor"],
  incidents: ALL,
  exportIncidents: ALL,
  incident: ALL,
  incidentLog: ["engineer", "security-staff", "security-lead", "agency-it", "auditor"],
  "incident-acknowledge": HANDLERS,
  "incident-investigate": HANDLERS,
  "incident-contain": HANDLERS,
  "incident-recover": HANDLERS,
  "incident-close": HANDLERS,
  "incident-reopen": HANDLERS,
  "incident-assign": LEADS,
  "incident-merge": LEADS,
  "incident-split": LEADS,
  "incident-set-severity": LEADS,
  "incident-correct-detection": LEADS,
  declareIncident: HANDLERS,
  case: ALL,
  addEvidence: HANDLERS,
  readEvidence: ["engineer", "security-staff", "security-lead", "auditor"],
  "timeline-json": ["engineer", "security-staff", "security-lead", "auditor"],
  "timeline-csv": ["engineer", "security-staff", "security-lead", "auditor"],
  "timeline-html": ["engineer", "security-staff", "security-lead", "auditor"],
  "work-comment": HANDLERS,
  "work-answer": ["agency-it"],
  "work-answer-task": ["agency-it"],
  "work-classify": LEADS,
  "work-notice": HANDLERS,
  "work-playbook": HANDLERS,
  "work-add-task": HANDLERS,
  "work-task": HANDLERS,
  "work-verify-evidence": HANDLERS,
  "work-silence-preview": ["engineer", "security-lead"],
  "work-silence": ["engineer", "security-lead"],
  "work-end-silence": ["engineer", "security-lead"],
  "work-silences": HANDLERS,
  "work-duty": HANDLERS,
  "work-hand-over": HANDLERS,
  "work-hand-overs": HANDLERS,
  "work-policies": AUDIT,
  "work-policy": AUDIT,
  "work-put-policy": ADMIN,
  notifications: AUDIT,
  testNotification: ADMIN,
  myNotices: ALL,
  noticesSeen: ALL,
  myContact: ALL,
  setMyContact: ALL,
  contacts: PEOPLE,
  setContact: ADMIN,
  accounts: PEOPLE,
  makeAccount: ADMIN,
  changeAccount: ADMIN,
  inviteAgain: ADMIN,
  eraseAccount: ADMIN,
  sessions: PEOPLE,
  endSession: ADMIN,
  tokens: PEOPLE,
  revokeToken: ADMIN,
  enrolments: ADMIN,
  decideEnrolment: ADMIN,
  revocations: ADMIN,
  revokeAgent: ADMIN,
  software: ADMIN,
  audit: AUDIT,
  verifyAudit: AUDIT,
  exportAudit: AUDIT,
};

/** Reads whose answer depends on whose data one may see. */
const OF_AGENCIES = ["agencies", "agents", "targets", "incidents", "exportIncidents"];

/** What whoever finds an open browser must not be able to do: it asks for a fresh proof, and no token does it. */
const PROVED = [
  ...["makeToken", "newPasskey", "addPasskey", "dropPasskey", "setMyContact"],
  ...["setContact", "makeAccount", "changeAccount", "inviteAgain", "eraseAccount"],
  ...["decideEnrolment", "revokeAgent", "work-put-policy"],
];
/** Writes of those who manage people or the system that ask for none: they take access away, or change nothing of what holds. */
const UNPROVED = ["endSession", "revokeToken", "testNotification", "rebuildHistory"];

let s: Awaited<ReturnType<typeof startScreen>>;
const cookies = new Map<Role, string>();
before(async () => {
  s = await startScreen();
  s.said.agents = s.said.registry.agents.map((a) => ({ ...a, agent: a.id, presence: "live" as const, since: 1 }));
  s.said.targets = TARGETS.map((t) => ({
    target: t.id,
    agency: t.agency,
    agent: t.agent,
    asset: t.asset,
    check: t.kind,
    status: "good" as const,
    tags: [],
    since: 1,
    at: 1,
  }));
  s.keep(incident("INC-000001", { agency: "xa-mot" }));
  s.keep(incident("INC-000002", { agency: "xa-hai" }));
  s.store.transaction(() => {
    s.store.items.append("xa-mot", 1, 1, [good("xa-mot/certificate/portal")], s.time.now);
    s.store.items.append("xa-hai", 1, 1, [good("xa-hai/certificate/portal")], s.time.now);
  });
  for (const role of ROLES) cookies.set(role, s.person(role, [role], role === "agency-it" ? ["xa-mot"] : []));
});
after(() => s.end());

const PARAMS: Record<string, string> = { uid: "p-nobody", id: "INC-000001", sha256: "0".repeat(64) };
function call(route: Route, headers: Record<string, string>, params: Record<string, string> = PARAMS) {
  s.time.mono += 60_000;
  const hex = route.path.includes("sessions/") ? "0".repeat(16) : route.path.includes("tokens/") ? "a".repeat(16) : "";
  const path = route.path.replace(/\{(\w+)\}/g, (_, name: string) => hex || params[name]!);
  const write = { host: s.host, origin: `http://${s.host}`, "x-vonggac": "1", ...headers };
  return s.call(route.method, path, write, route.body ? { unknown: true } : undefined);
}

test("every route is in the table, and nothing else is", () => {
  assert.deepEqual(ROUTES.map((r) => r.id).sort(), Object.keys(MAY).sort());
  assert.equal(new Set(ROUTES.map((r) => `${r.method} ${r.path}`)).size, ROUTES.length);
});

for (const route of ROUTES.filter((r) => !r.upgrade && r.id !== "signOut")) {
  test(`${route.method} ${route.path}: ${MAY[route.id]}`, async () => {
    const may = MAY[route.id]!;
    const nobody = await call(route, {});
    if (may === "anybody") return assert.ok(![401, 403].includes(nobody.status) || nobody.code !== "session-required");
    assert.equal(nobody.code, "session-required");
    for (const role of ROLES) {
      const answer = await call(route, { cookie: cookies.get(role)! });
      const refused = answer.code === "permission-missing";
      assert.equal(refused, !may.includes(role), `${role}: ${answer.status} ${answer.code}`);
      assert.ok(answer.status < 500, `${role}: ${answer.text}`);
    }
  });
}

test("what would give somebody power asks for a fresh proof, and takes no token", async () => {
  const managed = ROUTES.filter((r) => r.method !== "GET" && ["people.manage", "system.manage"].includes(r.needs));
  assert.deepEqual(
    managed
      .map((r) => r.id)
      .filter((id) => !PROVED.includes(id))
      .sort(),
    [...UNPROVED].sort(),
  );
  const admin = s.person("by-script", ["administrator"]);
  const asked = { label: "script", roles: ["administrator"], expiresAt: s.time.now + 7_200_000 };
  const { secret } = JSON.parse((await s.post("/api/me/tokens", asked, { cookie: admin })).text);
  s.time.now += PROOF_FRESH_MS;
  for (const route of ROUTES.filter((r) => !r.upgrade && MAY[r.id] !== "anybody" && r.id !== "signOut")) {
    const role = (MAY[route.id] as readonly Role[])[0]!;
    const { code } = await call(route, { cookie: cookies.get(role)! });
    assert.equal(code === "proof-required", PROVED.includes(route.id), `${route.id}: ${code}`);
    if (!PROVED.includes(route.id)) continue;
    assert.equal((await call(route, { authorization: `Bearer ${secret}` })).code, "not-by-token", route.id);
  }
});

test("agency IT is given its own agency and nothing of another's, by every route that gives any", async () => {
  const cookie = cookies.get("agency-it")!;
  for (const id of OF_AGENCIES) {
    const route = ROUTES.find((r) => r.id === id)!;
    const mine = (await call(route, { cookie })).text;
    assert.ok(mine.includes("xa-mot"), `${id} gives its own`);
    assert.ok(!/xa-hai|Xã Hai|INC-000002/.test(mine), `${id}: ${mine}`);
    assert.ok(/xa-hai/.test((await call(route, { cookie: cookies.get("auditor")! })).text), `${id} has another's`);
  }
  for (const route of ROUTES.filter((r) => r.path.startsWith("/api/incidents/{id}") && r.method === "GET")) {
    if (!MAY[route.id]!.includes("agency-it")) continue;
    assert.equal((await call(route, { cookie })).status, 200, route.id);
    assert.equal((await call(route, { cookie }, { id: "INC-000002" })).code, "incident-unknown", route.id);
  }
});

test("a lead whose scope is one agency cannot touch another's incident, nor draw its own into it", async () => {
  const cookie = s.person("lead-of-one", ["security-lead"], ["xa-mot"]);
  const close = { resolution: "x" };
  assert.equal((await s.post("/api/incidents/INC-000002/close", close, { cookie })).code, "incident-unknown");
  const merge = { into: "INC-000002", reason: "x" };
  assert.equal((await s.post("/api/incidents/INC-000001/merge", merge, { cookie })).code, "incident-unknown");
  assert.deepEqual(s.acts, []);
});

test("counts and search: agency IT is given its own agency's, and another's words find nothing", async () => {
  const cookie = cookies.get("agency-it")!;
  const agencyOf = (agent: string) => agent;
  s.store.transaction(() => {
    for (const agent of ["xa-mot", "xa-hai"])
      s.store.items.append(agent, 2, 1, [bad(`${agent}/certificate/portal`, "CERT_EXPIRED", 1)], s.time.now);
    s.store.history.catchUp(100, agencyOf);
  });
  const get = async (path: string, who: string) => (await s.get(path, { cookie: who })).text;
  const all = cookies.get("auditor")!;
  for (const path of ["/api/history/hours", "/api/search?q=CERT_EXPIRED"]) {
    assert.match(await get(path, all), /xa-hai/);
    assert.match(await get(path, cookie), /xa-mot/);
    assert.doesNotMatch(await get(path, cookie), /xa-hai/);
  }
  assert.equal(JSON.parse(await get("/api/search?q=xa-hai", cookie)).items.length, 0);
  assert.equal(JSON.parse(await get("/api/search?q=xa-hai", all)).items.length, 1);
});

test("two agencies in one campaign: by REST, search, export and feed each sees its own part only", async () => {
  const both = incident("INC-000003", { agency: "xa-mot" });
  const other = incident("INC-000003", { agency: "xa-hai" });
  const evidence = [...both.evidence, { ...other.evidence[0]!, subject: "198.51.100.77" }];
  const impact = { lost: [], degraded: [], affected: ["xa-mot", "xa-hai"] };
  const campaign = { ...both, class: "intrusion" as const, evidence, impact };
  const cookie = cookies.get("agency-it")!;
  const foreign = /xa-hai|Xã Hai|198\.51\.100\.77/;
  const socket = new WebSocket(`ws://${s.host}/feed`, { headers: { cookie, origin: `http://${s.host}` } });
  const seen: FeedMessage[] = [];
  socket.on("message", (d) => seen.push(JSON.parse(String(d))));
  await eventually("a snapshot", () => seen.length > 0);
  s.keep(campaign);
  s.feed.push({ agents: [], targets: [], removedTargets: [], incidents: [campaign] });
  await eventually("the campaign", () => JSON.stringify(seen).includes("INC-000003"));
  socket.close();
  assert.doesNotMatch(JSON.stringify(seen), foreign);
  for (const path of [
    "/api/incidents",
    "/api/incidents?search=xa-mot",
    "/api/incidents/INC-000003",
    "/api/incidents/export",
    "/api/incidents/INC-000003/log",
  ]) {
    const answer = await s.get(path, { cookie });
    assert.ok(answer.text.includes("INC-000003"), path);
    assert.doesNotMatch(answer.text, foreign, path);
  }
  // A search for what one may not see finds nothing, though it is there.
  for (const search of ["198.51.100.77", "xa-hai"]) {
    assert.equal(JSON.parse((await s.get(`/api/incidents?search=${search}`, { cookie })).text).items.length, 0);
    const all = JSON.parse((await s.get(`/api/incidents?search=${search}`, { cookie: cookies.get("auditor")! })).text);
    assert.ok(all.items.length > 0);
  }
});

test("casework of a shared incident: each agency is told what was written to it, answers, does its own task, and hears of no other", async () => {
  const both = incident("INC-000004", { agency: "xa-mot" });
  const impact = { lost: [], degraded: [], affected: ["xa-mot", "xa-hai"] };
  const evidence = [...both.evidence, ...incident("INC-000004", { agency: "xa-hai" }).evidence];
  s.keep({ ...both, class: "intrusion" as const, evidence, impact });
  const [centre, one, two] = [
    s.person("lead", ["security-lead"]),
    s.person("it-mot", ["agency-it"], ["xa-mot"]),
    s.person("it-hai", ["agency-it"], ["xa-hai"]),
  ];
  const work = async (cookie: string, verb: string, body: object) => {
    s.time.mono += 60_000;
    return s.post(`/api/incidents/INC-000004/casework/${verb}`, body, { cookie });
  };
  const caseOf = async (cookie: string) => (await s.get("/api/incidents/INC-000004/case", { cookie })).text;
  const partOf = async (cookie: string) => JSON.parse(await caseOf(cookie)).result as CasePart;
  await work(centre, "comment", { text: "Nội bộ: nghi do xa-hai" });
  await work(centre, "comment", { text: "Gửi Xã Một: đổi mật khẩu", agencies: ["xa-mot"] });
  await work(centre, "add-task", { phase: "contain", text: "Việc của Xã Hai", agencies: ["xa-hai"] });
  await work(centre, "add-task", { phase: "contain", text: "Việc của Xã Một", agencies: ["xa-mot"] });
  assert.equal((await work(one, "answer", { text: "Đã đổi xong" })).status, 200);
  assert.equal((await work(one, "answer-task", { task: "part/1", state: "done" })).status, 200);
  assert.equal((await work(one, "answer-task", { task: "part/2", state: "done" })).code, "task-unknown");
  assert.equal((await work(one, "answer-task", { task: "own/1", state: "done" })).code, "task-unknown", "another's");
  assert.equal((await work(one, "comment", { text: "x" })).code, "permission-missing");
  assert.equal((await work(centre, "comment", { text: "x", agencies: ["so-khac"] })).code, "agency-not-concerned");

  const mine = await partOf(one);
  assert.deepEqual(
    [mine.restricted, mine.comments.map((c) => [c.by, c.text]), mine.tasks.map((t) => [t.id, t.text.vi, t.state])],
    [
      true,
      [
        ["centre", "Gửi Xã Một: đổi mật khẩu"],
        ["it-mot", "Đã đổi xong"],
      ],
      [["part/1", "Việc của Xã Một", "done"]],
    ],
  );
  const theirs = await partOf(two);
  assert.deepEqual([theirs.comments, theirs.tasks.map((t) => [t.id, t.state])], [[], [["part/1", "open"]]]);
  for (const path of ["", "?search=M%E1%BB%99t", "/export", "/INC-000004", "/INC-000004/case", "/INC-000004/log"]) {
    const said = (await s.get(`/api/incidents${path}`, { cookie: two })).text;
    assert.doesNotMatch(said, /xa-mot|Xã Một|it-mot|mật khẩu|Nội bộ|"lead"/, path);
  }
  assert.equal((await s.get("/api/incidents/INC-000004/timeline/json", { cookie: two })).code, "permission-missing");
  assert.match(await caseOf(centre), /Nội bộ[\s\S]*Đã đổi xong/, "the centre reads it all");
});

test("the feed: others' news is not even a beat, and what one missed is told again, one's own part of it", async () => {
  const cookie = cookies.get("agency-it")!;
  const join = (query: string) => {
    const socket = new WebSocket(`ws://${s.host}/feed${query}`, { headers: { cookie, origin: `http://${s.host}` } });
    const seen: FeedMessage[] = [];
    socket.on("message", (d) => seen.push(JSON.parse(String(d))));
    return { socket, seen };
  };
  const first = join("");
  const snapshot = await eventually("a snapshot", () => first.seen[0]);
  assert.ok(snapshot.t === "snapshot");
  first.socket.close();
  const [mine, others] = [s.said.targets[0]!, s.said.targets.find((t) => t.agency === "xa-hai")!];
  s.feed.push({ agents: [], targets: [{ ...mine, since: 7 }, others], removedTargets: [others.target], incidents: [] });
  await new Promise((resolve) => setTimeout(resolve, 250));
  const back = join(`?run=${snapshot.run}&after=${snapshot.seq}`);
  const missed = await eventually("what was missed", () => back.seen[0]);
  back.socket.close();
  assert.ok(missed.t === "changes", "no snapshot");
  assert.deepEqual([missed.targets.map((t) => t.since), missed.removedTargets], [[7], []]);
  const stranger = join(`?run=of-another-life&after=${snapshot.seq}`);
  assert.equal((await eventually("a snapshot", () => stranger.seen[0])).t, "snapshot");
  stranger.socket.close();
});

test("what an administrator takes away is gone with the next request", async () => {
  const cookie = s.person("leaves", ["security-staff"]);
  assert.equal((await s.get("/api/incidents", { cookie })).status, 200);
  const account = s.store.accounts.byName("leaves")!;
  s.store.transaction(() => s.store.accounts.save({ ...account, roles: ["agency-it"], agencies: ["xa-mot"] }));
  assert.equal(JSON.parse((await s.get("/api/agencies", { cookie })).text).items.length, 1);
  s.store.transaction(() => s.store.accounts.save({ ...account, state: "disabled" }));
  assert.equal((await s.get("/api/incidents", { cookie })).code, "session-required");
});
