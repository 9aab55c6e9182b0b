// Conformance of the provider's own process, asked over gRPC as the engine asks it: every request of pulumirpc.ResourceProvider, previews,
// unknown values, wrong input, import. The engine itself has no part in this.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { credentials, type ServiceError, status } from "@grpc/grpc-js";
import type { PluginInfo } from "@pulumi/pulumi/proto/plugin_pb.js";
import grpcService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { UNKNOWN } from "../../../../infra/platforms/lab/check.ts";
import { keepTexts } from "../../../../infra/platforms/lab/content.ts";
import { type HostInputs, hostInputs, linkInputs } from "../../../../infra/platforms/lab/model.ts";
import { prefixOf } from "../../../../infra/platforms/lab/names.ts";
import { namespaces } from "../../../../infra/platforms/lab/netns.ts";
import { pidOf } from "../../../../infra/platforms/lab/process.ts";
import { emptyMessage, fromStruct, toStruct } from "../../../../infra/platforms/lab/provider/struct.ts";
import { CHECKOUT, leftovers, makeLab, whyNoLab } from "./machine.ts";
import { birdConf, smallDeployment } from "./small.ts";

const skip = whyNoLab;
const lab = skip ? undefined! : makeLab("g");
const URN = "urn:pulumi:x::vonggac::vonggac:infra:Wan$vonggac:lab:Host::r1";
const spec = smallDeployment(0).hosts[0]!;
const LINK_URN = "urn:pulumi:x::vonggac::vonggac:infra:Wan$vonggac:lab:Link::r1~r2";
const SERVICES_URN = "urn:pulumi:x::vonggac::vonggac:lab:Services::services";

type Ask = <T>(method: string, request: unknown) => Promise<T>;
interface Asked {
  ask: Ask;
  child: ChildProcess;
}
interface PackageSchema {
  version: string;
  resources: Record<string, { inputProperties: object }>;
  types: object;
}
let provider: Asked;
const ask: Ask = (method, request) => provider.ask(method, request);

/** A provider's process, and a client of it. */
async function startProvider(): Promise<Asked> {
  const program = path.join(CHECKOUT, "infra/platforms/lab/provider/pulumi-resource-vonggac");
  const child = spawn(program, ["127.0.0.1:1"], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<string>((resolve) =>
    child.stdout!.once("data", (data: Buffer) => resolve(data.toString().trim())),
  );
  const client = new grpcService.ResourceProviderClient(
    `127.0.0.1:${port}`,
    credentials.createInsecure(),
  ) as unknown as Record<string, (request: unknown, reply: (e: Error | null, answer: never) => void) => void>;
  const ask: Ask = (method, request) =>
    new Promise((resolve, reject) =>
      client[method]!(request, (error, answer) => (error ? reject(error) : resolve(answer))),
    );
  return { ask, child };
}

const refusal = (code: status, words: RegExp) => (e: ServiceError) => e.code === code && words.test(e.message);
const plain = () => fromStruct<HostInputs & object>(inputsOf());
const create = (properties: object, preview = false) =>
  ask<pb.CreateResponse>(
    "create",
    new messages.CreateRequest().setUrn(URN).setProperties(toStruct(properties)).setPreview(preview),
  );
/** What check refuses: property and code. */
async function failures(urn: string, news: object): Promise<string[]> {
  const given = JSON.parse(JSON.stringify(news)) as object;
  const response = await ask<pb.CheckResponse>(
    "check",
    new messages.CheckRequest().setUrn(urn).setNews(toStruct(given)),
  );
  return response.getFailuresList().map((f) => `${f.getProperty()} ${f.getReason().split(":")[0]}`);
}
const inputsOf = (text = birdConf(1)) => {
  const changed = structuredClone(spec);
  changed.files[0]!.content = { text };
  const { inputs, texts } = hostInputs(changed);
  keepTexts(lab.stateDir, texts);
  return toStruct(inputs);
};

function paths(response: pb.DiffResponse): string[] {
  const found: string[] = [];
  response.getDetaileddiffMap().forEach((_, key) => void found.push(key));
  return found;
}

before(async () => {
  if (skip) return;
  provider = await startProvider();
  const { stack, stateDir, checkout } = lab;
  await ask("configure", new messages.ConfigureRequest().setArgs(toStruct({ stack, stateDir, checkout })));
});
after(async () => {
  provider?.child.kill();
  if (!skip) await lab.end();
});

test("a create in a preview makes nothing", { skip }, async () => {
  await ask("create", new messages.CreateRequest().setUrn(URN).setProperties(inputsOf()).setPreview(true));
  assert.deepEqual(namespaces(prefixOf(lab.stack)), []);
});

test("create, read, diff, update in place, drift, delete", { skip }, async () => {
  const made = await ask<pb.CreateResponse>(
    "create",
    new messages.CreateRequest().setUrn(URN).setProperties(inputsOf()),
  );
  assert.equal(made.getId(), "r1");
  assert.equal(made.getRefreshBeforeUpdate(), true);
  const pid = pidOf(lab, "r1", "bird");
  assert.ok(pid !== undefined);
  const read = (inputs: ReturnType<typeof inputsOf>) =>
    ask<pb.ReadResponse>("read", new messages.ReadRequest().setId("r1").setUrn(URN).setInputs(inputs));
  const diff = (olds: ReturnType<typeof inputsOf>, news: ReturnType<typeof inputsOf>) =>
    ask<pb.DiffResponse>("diff", new messages.DiffRequest().setUrn(URN).setOldInputs(olds).setNews(news));

  const found = await read(inputsOf());
  assert.deepEqual(fromStruct(found.getInputs()), fromStruct(inputsOf()));
  assert.equal((await diff(found.getInputs()!, inputsOf())).getChanges(), messages.DiffResponse.DiffChanges.DIFF_NONE);

  const changed = inputsOf(birdConf(1, "# changed\n"));
  const difference = await diff(inputsOf(), changed);
  assert.deepEqual(paths(difference), ['files["/etc/bird/bird.conf"]']);
  assert.deepEqual(difference.getReplacesList(), []);
  const update = () => new messages.UpdateRequest().setId("r1").setUrn(URN).setOldInputs(inputsOf()).setNews(changed);
  await ask("update", update().setPreview(true));
  assert.deepEqual(
    fromStruct((await read(inputsOf())).getInputs()),
    fromStruct(inputsOf()),
    "a preview changed nothing",
  );
  await ask("update", update());
  assert.equal(pidOf(lab, "r1", "bird"), pid, "updated in place");

  process.kill(pid, "SIGKILL");
  while (pidOf(lab, "r1", "bird") !== undefined) await sleep(10);
  const drift = await diff((await read(changed)).getInputs()!, changed);
  assert.deepEqual(paths(drift), ["daemons.bird"]);
  const deletion = () => new messages.DeleteRequest().setId("r1").setUrn(URN).setOldInputs(changed);
  await ask("delete", deletion());
  assert.equal((await read(changed)).getId(), "", "what is gone has no id");
  await ask("delete", deletion());
});

test("many creates at once do not disturb each other", { skip }, async () => {
  const many = Array.from({ length: 12 }, (_, i) => `m${i}`);
  const create = (host: string) => {
    const properties = toStruct({ ...(fromStruct(inputsOf()) as object), host });
    return ask<pb.CreateResponse>("create", new messages.CreateRequest().setUrn(URN).setProperties(properties));
  };
  const answers = await Promise.all([...many, ...many.slice(0, 2)].map(create));
  assert.equal(answers.length, 14);
  for (const host of many) assert.ok(pidOf(lab, host, "bird") !== undefined, host);
});

test("errors reach the engine with their words, and gRPC's own code says of what kind", { skip }, async () => {
  const missing = { ...plain(), files: { "/etc/bird/x": `sha256:${"0".repeat(64)} 0644 root:root` } };
  await assert.rejects(create(missing), /content-missing/);
  await assert.rejects(
    ask("check", new messages.CheckRequest().setUrn("urn:pulumi:x::vonggac::aws:s3:Bucket::b")),
    refusal(status.INVALID_ARGUMENT, /resource-unknown/),
  );
  await assert.rejects(
    create({ ...plain(), files: { "/usr/x": `sha256:${"0".repeat(64)} 0644 root:root` } }),
    refusal(status.INVALID_ARGUMENT, /input-refused.*path-not-bindable/),
  );
});

test("check names every mistake with its property, and lets right inputs pass", { skip }, async () => {
  assert.deepEqual(await failures(URN, plain()), []);
  const mistakes = { ...plain(), host: "R1!", loopback: ["10.0.0.1"], extra: 1 };
  assert.deepEqual(await failures(URN, { ...mistakes, extra: undefined }), [
    "host name-invalid",
    "loopback address-invalid",
  ]);
  assert.deepEqual([...new Set(await failures(URN, mistakes))], ["extra input-malformed"]);
  const link = linkInputs(smallDeployment(0).links[0]!);
  assert.deepEqual(await failures(LINK_URN, link), []);
  const long = { ...link, a: { ...link.a, device: "a-name-of-16-by1" }, b: { ...link.b, device: "lo" } };
  assert.deepEqual(await failures(LINK_URN, long), ["a device-invalid", "b device-invalid"]);
  assert.deepEqual(await failures(SERVICES_URN, { phase: "services", programs: { console: "console" } }), [
    "programs program-invalid",
  ]);
  assert.deepEqual(await failures(SERVICES_URN, { phase: "later", programs: {} }), ["phase input-malformed"]);
});

test("values that are not known yet pass check and preview, and are refused where something would be made", {
  skip,
}, async () => {
  const unknown = { ...plain(), loopback: [UNKNOWN] };
  assert.deepEqual(await failures(URN, unknown), []);
  await create(unknown, true);
  await assert.rejects(create(unknown), refusal(status.FAILED_PRECONDITION, /values-unknown/));
  const difference = await ask<pb.DiffResponse>(
    "diff",
    new messages.DiffRequest().setUrn(URN).setOldInputs(inputsOf()).setNews(toStruct(unknown)),
  );
  assert.deepEqual(paths(difference).sort(), ["loopback[0]", "loopback[1]"]);
});

test("a change of what names a resource replaces it: the old one goes first, since names are taken", {
  skip,
}, async () => {
  const other = toStruct({ ...plain(), host: "r9" });
  const difference = await ask<pb.DiffResponse>(
    "diff",
    new messages.DiffRequest().setUrn(URN).setOldInputs(inputsOf()).setNews(other),
  );
  assert.deepEqual(difference.getReplacesList(), ["host"]);
  assert.equal(difference.getDeletebeforereplace(), true);
  const { UPDATE_REPLACE } = messages.PropertyDiff.Kind;
  assert.equal(difference.getDetaileddiffMap().get("host")!.getKind(), UPDATE_REPLACE);
});

test("an import knows a name and nothing else, and gets what stands under it", { skip }, async () => {
  await create(plain());
  const found = await ask<pb.ReadResponse>("read", new messages.ReadRequest().setId("r1").setUrn(URN));
  assert.deepEqual(fromStruct(found.getInputs()), plain());
  const nobody = await ask<pb.ReadResponse>("read", new messages.ReadRequest().setId("r77").setUrn(URN));
  assert.equal(nobody.getId(), "");
  const link = await ask<pb.ReadResponse>("read", new messages.ReadRequest().setId("r1~r2").setUrn(LINK_URN));
  assert.equal(link.getId(), "");
});

test("the provider's own settings are checked, compared and refused by name", { skip }, async () => {
  const { stack, stateDir, checkout } = lab;
  const wrong = { stack: "Not a name", stateDir: "relative", checkout };
  const response = await ask<pb.CheckResponse>("checkConfig", new messages.CheckRequest().setNews(toStruct(wrong)));
  assert.deepEqual(
    response.getFailuresList().map((f) => f.getProperty()),
    ["stack", "stateDir"],
  );
  await assert.rejects(
    ask("configure", new messages.ConfigureRequest().setArgs(toStruct({ stack }))),
    refusal(status.INVALID_ARGUMENT, /input-refused/),
  );
  const diff = (news: object) =>
    ask<pb.DiffResponse>(
      "diffConfig",
      new messages.DiffRequest().setOldInputs(toStruct({ stack, stateDir, checkout })).setNews(toStruct(news)),
    );
  assert.deepEqual((await diff({ stack, stateDir, checkout: "/elsewhere" })).getReplacesList(), []);
  assert.deepEqual((await diff({ stack: "other", stateDir, checkout })).getReplacesList(), ["stack"]);
});

test("it says who it is, keeps no secrets for the engine, and publishes a whole schema", { skip }, async () => {
  const info = await ask<PluginInfo>("getPluginInfo", emptyMessage());
  const { stack, stateDir, checkout } = lab;
  const configured = await ask<pb.ConfigureResponse>(
    "configure",
    new messages.ConfigureRequest().setArgs(toStruct({ stack, stateDir, checkout })),
  );
  assert.equal(configured.getAcceptsecrets(), false, "the engine unwraps secrets and marks what comes back itself");
  const answer = await ask<pb.GetSchemaResponse>("getSchema", new messages.GetSchemaRequest());
  const schema = JSON.parse(answer.getSchema()) as PackageSchema;
  assert.equal(schema.version, info.getVersion());
  assert.deepEqual(Object.keys(schema.resources).sort(), [
    "vonggac:lab:Host",
    "vonggac:lab:Link",
    "vonggac:lab:Services",
  ]);
  const published = readFileSync(path.join(CHECKOUT, "docs/provider.schema.json"), "utf8");
  assert.deepEqual(schema, JSON.parse(published), "docs/provider.schema.json is not what the provider says");
  const references = [...JSON.stringify(schema).matchAll(/"#\/types\/([^"]+)"/g)].map((m) => m[1]!);
  assert.ok(references.length > 5);
  for (const type of references) assert.ok(type in schema.types, type);
  for (const property of Object.keys(plain()))
    assert.ok(property in schema.resources["vonggac:lab:Host"]!.inputProperties, property);
});

test("what the lab does not do it says it does not: no functions, no components of its own", { skip }, async () => {
  for (const [method, request] of [
    ["invoke", new messages.InvokeRequest().setTok("vonggac:lab:x")],
    ["call", new messages.CallRequest().setTok("vonggac:lab:x")],
    ["construct", new messages.ConstructRequest()],
  ] as const)
    await assert.rejects(ask(method, request), (e: ServiceError) => e.code === status.UNIMPLEMENTED);
});

test("before it is configured it refuses, and once it is called off it begins nothing", { skip }, async () => {
  const fresh = await startProvider();
  try {
    const make = new messages.CreateRequest().setUrn(URN).setProperties(inputsOf());
    await assert.rejects(fresh.ask("create", make), refusal(status.FAILED_PRECONDITION, /not-configured/));
    const { stack, stateDir, checkout } = lab;
    await fresh.ask("configure", new messages.ConfigureRequest().setArgs(toStruct({ stack, stateDir, checkout })));
    await fresh.ask("cancel", emptyMessage());
    await assert.rejects(fresh.ask("create", make), refusal(status.CANCELLED, /cancelled/));
  } finally {
    fresh.child.kill();
  }
});

test("it goes when its engine goes", { skip, timeout: 20_000 }, async () => {
  const program = path.join(CHECKOUT, "infra/platforms/lab/provider/pulumi-resource-vonggac");
  // A shell that is killed stands for the engine: the provider must notice that its parent is another.
  const engine = spawn("sh", ["-c", `'${program}' & echo $!; wait`], { stdio: ["ignore", "pipe", "ignore"] });
  const lines = await new Promise<string[]>((resolve) => {
    let text = "";
    engine.stdout!.on("data", (data: Buffer) => {
      text += data;
      if (text.split("\n").length > 2) resolve(text.trim().split("\n"));
    });
  });
  const provider = Number(lines[0]);
  process.kill(provider, 0);
  engine.kill("SIGKILL");
  for (;;) {
    try {
      process.kill(provider, 0);
    } catch {
      break;
    }
    await sleep(50);
  }
});

test("nothing is left", { skip }, async () => {
  await lab.end();
  assert.deepEqual(leftovers(lab), []);
});
