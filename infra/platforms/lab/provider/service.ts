// The engine's requests (pulumirpc.ResourceProvider), answered by lifecycle.ts. Served as the gRPC service itself: the SDK's
// wrapper can name no difference in a preview. Requests come in parallel; each touches its own host or link.
import { type ServerUnaryCall, type sendUnaryData, status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import type * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { holdsUnknown, type Problem, problemsOf } from "../check.ts";
import { type Difference, differences } from "../diff.ts";
import { LabError } from "../errors.ts";
import { type Kind, kindOf } from "../lifecycle.ts";
import type { Lab } from "../names.ts";
import { PROVIDER_VERSION, packageSchema } from "./package.ts";
import { emptyMessage, fromStruct, type Struct, toStruct } from "./struct.ts";

/** gRPC's word for what went wrong, by our own code: the engine shows the message, other clients sort by it. */
const STATUS_OF: Partial<Record<string, status>> = {
  "input-refused": status.INVALID_ARGUMENT,
  "resource-unknown": status.INVALID_ARGUMENT,
  "not-configured": status.FAILED_PRECONDITION,
  "values-unknown": status.FAILED_PRECONDITION,
  cancelled: status.CANCELLED,
};

/** A unary method from a function; what it throws reaches the engine with its words. */
const unary =
  <Request, Response>(answer: (request: Request) => Promise<Response> | Response) =>
  async (call: ServerUnaryCall<Request, Response>, reply: sendUnaryData<Response>): Promise<void> => {
    try {
      reply(null, await answer(call.request));
    } catch (error) {
      const code = (error instanceof LabError && STATUS_OF[error.code]) || status.UNKNOWN;
      reply({ code, message: error instanceof Error ? error.message : String(error) });
    }
  };

type Inputs = Record<string, unknown>;

/** The service of one provider process. Its lab is told once, by the provider resource's own inputs. */
export function labService(): UntypedServiceImplementation {
  let lab: Lab | undefined;
  let cancelled = false;
  const theLab = (): Lab => {
    if (!lab)
      throw new LabError("not-configured", "provider", "asked before it was configured", "call Configure first");
    return lab;
  };
  const resource = (urn: string) => {
    const found = kindOf(urn);
    if (!found)
      throw new LabError("resource-unknown", urn, "is no resource of the lab", "see GetSchema for those there are");
    return found;
  };
  /** What is about to be made is known to the last value, and nobody has called it off. */
  const final = (kind: Kind, where: string, inputs: Inputs): Inputs => {
    if (cancelled) throw new LabError("cancelled", where, "the run was called off", "run the lab's up again");
    if (holdsUnknown(inputs))
      throw new LabError("values-unknown", where, "a value is not known yet", "only a preview may hold such a value");
    const problems = problemsOf(kind, inputs);
    if (problems.length > 0)
      throw new LabError("input-refused", where, problems.map(inWords).join("; "), "correct what is named");
    return inputs;
  };
  const checked = (kind: Kind | "Provider", news: Struct | undefined) => {
    const response = new messages.CheckResponse().setInputs(news);
    for (const problem of problemsOf(kind, fromStruct(news)))
      response.addFailures(new messages.CheckFailure().setProperty(problem.property).setReason(inWords(problem)));
    return response;
  };

  return {
    handshake: unary(() => new messages.ProviderHandshakeResponse()),
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(PROVIDER_VERSION)),
    getSchema: unary(() => new messages.GetSchemaResponse().setSchema(JSON.stringify(packageSchema()))),
    checkConfig: unary((r: pb.CheckRequest) => checked("Provider", r.getNews())),
    // Another checkout or state folder is the same lab; another stack's name is another lab.
    diffConfig: unary((r: pb.DiffRequest) =>
      diffResponse(differences("Provider", fromStruct(r.getOldInputs()), fromStruct(r.getNews()))),
    ),
    configure: unary((r: pb.ConfigureRequest) => {
      const args = fromStruct<Inputs>(r.getArgs());
      const problems = problemsOf("Provider", args);
      if (problems.length > 0 || holdsUnknown(args))
        throw new LabError(
          "input-refused",
          "provider",
          problems.map(inWords).join("; ") || "a value is not known yet",
          "it needs stack, stateDir and checkout: infra/program.ts gives them",
        );
      const { stack, stateDir, checkout } = args as unknown as Lab;
      lab = { stack, stateDir, checkout };
      // The engine keeps secrets to itself: inputs are names and hashes, and whatever is marked secret stays so in its state.
      return new messages.ConfigureResponse().setSupportspreview(true).setAcceptsecrets(false);
    }),
    check: unary((r: pb.CheckRequest) => checked(resource(r.getUrn()).kind, r.getNews())),
    diff: unary((r: pb.DiffRequest) =>
      diffResponse(differences(resource(r.getUrn()).kind, fromStruct(r.getOldInputs()), fromStruct(r.getNews()))),
    ),
    create: unary(async (r: pb.CreateRequest) => {
      const { kind, lifecycle } = resource(r.getUrn());
      // The engine asks in a preview too, of every provider that shakes hands: nothing may be done then.
      if (r.getPreview()) return new messages.CreateResponse().setProperties(toStruct({}));
      const inputs = final(kind, r.getUrn(), fromStruct(r.getProperties()));
      await lifecycle.apply(theLab(), inputs, undefined);
      return new messages.CreateResponse()
        .setId(lifecycle.id(inputs))
        .setProperties(toStruct({}))
        .setRefreshBeforeUpdate(true);
    }),
    update: unary(async (r: pb.UpdateRequest) => {
      const { kind, lifecycle } = resource(r.getUrn());
      if (r.getPreview()) return new messages.UpdateResponse().setProperties(toStruct({}));
      const inputs = final(kind, r.getUrn(), fromStruct(r.getNews()));
      await lifecycle.apply(theLab(), inputs, fromStruct(r.getOldInputs()));
      return new messages.UpdateResponse().setProperties(toStruct({})).setRefreshBeforeUpdate(true);
    }),
    read: unary(async (r: pb.ReadRequest) => {
      const { lifecycle } = resource(r.getUrn());
      const known = fromStruct<Inputs>(r.getInputs());
      // An import knows a name and nothing else: what was applied under that name is what is asked for.
      const wanted = Object.keys(known).length > 0 ? known : lifecycle.applied(theLab(), r.getId());
      const found = wanted && (await lifecycle.read(theLab(), wanted));
      if (!found) return new messages.ReadResponse().setId("");
      const response = new messages.ReadResponse().setId(r.getId()).setProperties(toStruct({}));
      return response.setInputs(toStruct(found)).setRefreshBeforeUpdate(true);
    }),
    delete: unary(async (r: pb.DeleteRequest) => {
      const { lifecycle } = resource(r.getUrn());
      if (cancelled) throw new LabError("cancelled", r.getUrn(), "the run was called off", "run it again");
      await lifecycle.delete(theLab(), fromStruct(r.getOldInputs()));
      return emptyMessage();
    }),
    // What has begun is bounded and comes to its end, so that nothing is left half made; what has not, does not begin.
    cancel: unary(() => {
      cancelled = true;
      return emptyMessage();
    }),
  };
}

const inWords = (problem: Problem): string => `${problem.code}: ${problem.detail}`;

const DIFFS = {
  add: [messages.PropertyDiff.Kind.ADD, messages.PropertyDiff.Kind.ADD_REPLACE],
  delete: [messages.PropertyDiff.Kind.DELETE, messages.PropertyDiff.Kind.DELETE_REPLACE],
  update: [messages.PropertyDiff.Kind.UPDATE, messages.PropertyDiff.Kind.UPDATE_REPLACE],
} as const;

function diffResponse(found: readonly Difference[]): pb.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = messages.DiffResponse.DiffChanges;
  const response = new messages.DiffResponse().setChanges(found.length > 0 ? DIFF_SOME : DIFF_NONE);
  response.setHasdetaileddiff(true).setDeletebeforereplace(true);
  response.setDiffsList([...new Set(found.map((d) => d.path.split(/[.[]/)[0]!))]);
  for (const { path, change, replace } of found) {
    const detail = new messages.PropertyDiff().setKind(DIFFS[change][replace ? 1 : 0]).setInputdiff(true);
    response.getDetaileddiffMap().set(path, detail);
    if (replace) response.addReplaces(path);
  }
  return response;
}
