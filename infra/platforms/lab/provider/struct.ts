// The engine's property bags and plain values. The classes are the very ones that the SDK's generated messages were built
// with, so they are looked up from there.
import { createRequire } from "node:module";
import type { CreateRequest } from "@pulumi/pulumi/proto/provider_pb.js";

/** google.protobuf.Struct */
export type Struct = NonNullable<ReturnType<CreateRequest["getProperties"]>>;

const require = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi"));
const structs = require("google-protobuf/google/protobuf/struct_pb.js") as {
  Struct: { fromJavaScript(value: object): Struct };
};
const empties = require("google-protobuf/google/protobuf/empty_pb.js") as { Empty: new () => object };

export const toStruct = (value: object): Struct => structs.Struct.fromJavaScript(value as never);
export const fromStruct = <T = Record<string, unknown>>(struct: Struct | undefined): T =>
  (struct?.toJavaScript() ?? {}) as T;
export const emptyMessage = (): object => new empties.Empty();
