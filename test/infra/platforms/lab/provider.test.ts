// The provider's own process, asked over gRPC as the engine asks it; the engine itself has no part in this.
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { credentials } from "@grpc/grpc-js";
import grpcService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import type * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { keepTexts } from "../../../../infra/platforms/lab/content.ts";
import { hostInputs } from "../../../../infra/platforms/lab/model.ts";
import { prefixOf } from "../../../../infra/platforms/lab/names.ts";
import { namespaces } from "../../../../infra/platforms/lab/netns.ts";
import { pidOf } from "../../../../infra/platforms/lab/process.ts";
import { fromStruct, toStruct } from "../../../../infra/platforms/lab/provider/struct.ts";
import { CHECKOUT, leftovers, makeLab, whyNoLab } from "./machine.ts";
import { birdConf, smallDeployment } from "./small.ts";

const skip = whyNoLab;
const lab = skip ? undefined! : makeLab("g");
const URN = "urn:pulumi:x::vonggac::vonggac:infra:Wan$vonggac:lab:Host::r1";
const spec = smallDeployment(0).hosts[0]!;
let child: ChildProcess;
let client: Record<string, (request: unknown, reply: (error: Error | null, answer: never) => void) => void>;

const ask = <T>(method: string, request: unknown): Promise<T> =>
  new Promise((resolve, reject) =>
    client[method]!(request, (error, answer) => (error ? reject(error) : resolve(answer as T))),
  );
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
  const program = path.join(CHECKOUT, "infra/platforms/lab/provider/pulumi-resource-vonggac");
  child = spawn(program, ["127.0.0.1:1"], { stdio: ["ignore", "pipe", "inherit"] });
  const port = await new Promise<string>((resolve) =>
    child.stdout!.once("data", (data: Buffer) => resolve(data.toString().trim())),
  );
  client = new grpcService.ResourceProviderClient(`127.0.0.1:${port}`, credentials.createInsecure()) as never;
  const { stack, stateDir, checkout } = lab;
  await ask("configure", new messages.ConfigureRequest().setArgs(toStruct({ stack, stateDir, checkout })));
});
after(async () => {
  child?.kill();
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

test("errors reach the engine with their words", { skip }, async () => {
  const wrong = toStruct({
    ...(fromStruct(inputsOf()) as object),
    files: { "/usr/x": `sha256:${"0".repeat(64)} 0644 root:root` },
  });
  await assert.rejects(ask("create", new messages.CreateRequest().setUrn(URN).setProperties(wrong)), /content-missing/);
  await assert.rejects(
    ask("check", new messages.CheckRequest().setUrn("urn:pulumi:x::vonggac::aws:s3:Bucket::b")),
    /no resource of the lab/,
  );
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
