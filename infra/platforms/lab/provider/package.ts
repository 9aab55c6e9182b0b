// The provider's published schema, in the form that Pulumi's tools read (pulumi/pkg/codegen/schema): every named object of the
// inputs becomes a type of the package. Pure.
import { SCHEMAS } from "../schema.ts";

export const PROVIDER_VERSION = "0.1.0";

type Json = { [key: string]: unknown };
type Objects = Record<string, Json>;

const token = (title: string) => `vonggac:lab:${title}`;

/** The whole package as `pulumi package get-schema` gives it. */
export function packageSchema(): Json {
  const types: Objects = {};
  const { Provider, ...resources } = SCHEMAS;
  const inputs = (schema: object) => properties(schema as Json, types);
  const { properties: config, required } = inputs(Provider);
  const described = (schema: object) => ({ description: (schema as Json)["description"] });
  return {
    name: "vonggac",
    version: PROVIDER_VERSION,
    description: "A province's hosts, links and services as a lab of network namespaces on one Linux machine",
    license: "Apache-2.0",
    config: { variables: config },
    provider: { ...described(Provider), inputProperties: config, requiredInputs: required },
    resources: Object.fromEntries(
      Object.entries(resources).map(([kind, schema]) => {
        const { properties: inputProperties, required: requiredInputs } = inputs(schema);
        return [token(kind), { ...described(schema), inputProperties, requiredInputs, properties: {} }];
      }),
    ),
    types,
  };
}

function properties(schema: Json, types: Objects): { properties: Objects; required: string[] } {
  const entries = Object.entries(schema["properties"] as Objects).map(([name, s]) => [name, property(s, types)]);
  return { properties: Object.fromEntries(entries) as Objects, required: (schema["required"] as string[]) ?? [] };
}

/** One property: plain, a list, a map, or a named object, which goes to the package's types. */
function property(schema: Json, types: Objects): Json {
  const said = schema["description"] === undefined ? {} : { description: schema["description"] };
  if (schema["type"] === "array") return { type: "array", items: property(schema["items"] as Json, types), ...said };
  if (schema["type"] !== "object") return { type: schema["type"], ...said };
  const title = schema["title"] as string | undefined;
  if (title === undefined) {
    const value = Object.values(schema["patternProperties"] as Objects)[0]!;
    return { type: "object", additionalProperties: property(value, types), ...said };
  }
  types[token(title)] ??= { type: "object", ...properties(schema, types) };
  return { $ref: `#/types/${token(title)}`, ...said };
}
