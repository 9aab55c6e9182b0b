// The engine's requests (pulumirpc.ResourceProvider), answered by lifecycle.ts. Served as the gRPC service itself: the SDK's
// wrapper can name no difference in a preview. Requests come in parallel; each touches its own host or link.
import { type ServerUnaryCall, type sendUnaryData, status, type UntypedServiceImplementation } from "@grpc/grpc-js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import type * as pb from "@pulumi/pulumi/proto/provider_pb.js";
import messages from "@pulumi/pulumi/proto/provider_pb.js";
import { type Difference, differences } from "../diff.ts";
import { kindOf } from "../lifecycle.ts";
import type { Lab } from "../names.ts";
import { emptyMessage, fromStruct, toStruct } from "./struct.ts";

export const PROVIDER_VERSION = "0.1.0";

/** A unary method from a function; what it throws reaches the engine with its words. */
const unary =
  <Request, Response>(answer: (request: Request) => Promise<Response> | Response) =>
  async (call: ServerUnaryCall<Request, Response>, reply: sendUnaryData<Response>): Promise<void> => {
    try {
      reply(null, await answer(call.request));
    } catch (error) {
      reply({ code: status.UNKNOWN, message: error instanceof Error ? error.message : String(error) });
    }
  };

/** The service of one provider process. Its lab is told once, by the provider resource's own inputs. */
export function labService(): UntypedServiceImplementation {
  let lab: Lab | undefined;
  const theLab = (): Lab => {
    if (!lab) throw new Error("the provider was asked before it was configured");
    return lab;
  };
  const resource = (urn: string) => {
    const found = kindOf(urn);
    if (!found) throw new Error(`${urn} is no resource of the lab`);
    return found;
  };

  return {
    handshake: unary(() => new messages.ProviderHandshakeResponse()),
    getPluginInfo: unary(() => new plugin.PluginInfo().setVersion(PROVIDER_VERSION)),
    getSchema: unary(() =>
      new messages.GetSchemaResponse().setSchema(JSON.stringify({ name: "vonggac", version: PROVIDER_VERSION })),
    ),
    checkConfig: unary((r: pb.CheckRequest) => new messages.CheckResponse().setInputs(r.getNews())),
    // Another checkout or state folder is the same lab: nothing is made anew for it.
    diffConfig: unary((r: pb.DiffRequest) =>
      diffResponse(differences("Provider", fromStruct(r.getOldInputs()), fromStruct(r.getNews()))),
    ),
    configure: unary((r: pb.ConfigureRequest) => {
      const { stack, stateDir, checkout } = fromStruct<Partial<Lab>>(r.getArgs());
      if (!stack || !stateDir || !checkout)
        throw new Error("the provider needs stack, stateDir and checkout: make it with infra/program.ts");
      lab = { stack, stateDir, checkout };
      return new messages.ConfigureResponse();
    }),
    check: unary((r: pb.CheckRequest) => {
      resource(r.getUrn());
      return new messages.CheckResponse().setInputs(r.getNews());
    }),
    diff: unary((r: pb.DiffRequest) =>
      diffResponse(differences(resource(r.getUrn()).kind, fromStruct(r.getOldInputs()), fromStruct(r.getNews()))),
    ),
    create: unary(async (r: pb.CreateRequest) => {
      const { lifecycle } = resource(r.getUrn());
      const inputs = fromStruct(r.getProperties());
      // The engine asks in a preview too, of every provider that shakes hands: nothing may be done then.
      if (r.getPreview()) return new messages.CreateResponse().setProperties(toStruct({}));
      await lifecycle.apply(theLab(), inputs, undefined);
      return new messages.CreateResponse()
        .setId(lifecycle.id(inputs))
        .setProperties(toStruct({}))
        .setRefreshBeforeUpdate(true);
    }),
    update: unary(async (r: pb.UpdateRequest) => {
      if (r.getPreview()) return new messages.UpdateResponse().setProperties(toStruct({}));
      await resource(r.getUrn()).lifecycle.apply(theLab(), fromStruct(r.getNews()), fromStruct(r.getOldInputs()));
      return new messages.UpdateResponse().setProperties(toStruct({})).setRefreshBeforeUpdate(true);
    }),
    read: unary(async (r: pb.ReadRequest) => {
      const found = await resource(r.getUrn()).lifecycle.read(theLab(), fromStruct(r.getInputs()));
      if (found === undefined) return new messages.ReadResponse().setId("");
      const response = new messages.ReadResponse().setId(r.getId()).setProperties(toStruct({}));
      return response.setInputs(toStruct(found as object)).setRefreshBeforeUpdate(true);
    }),
    delete: unary(async (r: pb.DeleteRequest) => {
      await resource(r.getUrn()).lifecycle.delete(theLab(), fromStruct(r.getOldInputs()));
      return emptyMessage();
    }),
    cancel: unary(() => emptyMessage()),
  };
}

const KINDS = {
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
    const detail = new messages.PropertyDiff().setKind(KINDS[change][replace ? 1 : 0]).setInputdiff(true);
    response.getDetaileddiffMap().set(path, detail);
    if (replace) response.addReplaces(path);
  }
  return response;
}
