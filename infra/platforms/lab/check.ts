// Refuses inputs that the lab could not make, before anything is touched: each mistake with its path, a stable code, and what would be
// right. Pure. What the engine does not know yet (a preview of something that hangs on another's output) is let pass.
import { isIP } from "node:net";
import { Errors } from "typebox/value";
import { LabError } from "./errors.ts";
import type { HostInputs, LinkInputs, ServicesInputs } from "./model.ts";
import { coversOf } from "./mounts.ts";
import { prefixOf } from "./names.ts";
import { SCHEMAS } from "./schema.ts";

/** What stands in the place of a value that the engine does not know yet. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type InputErrorCode =
  | "input-malformed"
  | "name-invalid"
  | "device-invalid"
  | "device-repeated"
  | "address-invalid"
  | "file-line-invalid"
  | "path-not-bindable"
  | "daemon-unknown"
  | "program-invalid";

export interface Problem {
  /** The top-level property, as the engine shows it. */
  property: string;
  code: InputErrorCode;
  detail: string;
}

type Kind = keyof typeof SCHEMAS;

/** All mistakes of a resource's (or the provider's) inputs; none: they can be made. */
export function problemsOf(kind: Kind, inputs: Record<string, unknown>): Problem[] {
  if (holdsUnknown(inputs)) return [];
  const shape = Errors(SCHEMAS[kind], inputs).map((e): Problem => {
    const path = e.instancePath.split("/").slice(1).map(unescapePointer);
    return {
      property: path[0] ?? propertyIn(e.params) ?? "",
      code: "input-malformed",
      detail: `${path.join(".")}: ${e.message}`,
    };
  });
  if (shape.length > 0) return shape;
  switch (kind) {
    case "Provider":
      return providerProblems(inputs as { stack: string; stateDir: string; checkout: string });
    case "Host":
      return hostProblems(inputs as unknown as HostInputs);
    case "Link":
      return linkProblems(inputs as unknown as LinkInputs);
    case "Services":
      return servicesProblems(inputs as unknown as ServicesInputs);
  }
}

const unescapePointer = (part: string) => part.replaceAll("~1", "/").replaceAll("~0", "~");

/** A property that is missing, or one too many: the name stands in the parameters, not in the path. */
function propertyIn(params: object): string | undefined {
  const { requiredProperties, additionalProperties } = params as Record<string, string[] | undefined>;
  return (requiredProperties ?? additionalProperties)?.[0];
}

/** A value somewhere in it is not known yet. */
export const holdsUnknown = (value: unknown): boolean =>
  value === UNKNOWN || (typeof value === "object" && value !== null && Object.values(value).some(holdsUnknown));

function providerProblems(lab: { stack: string; stateDir: string; checkout: string }): Problem[] {
  const problems: Problem[] = [];
  try {
    prefixOf(lab.stack);
  } catch (error) {
    problems.push({ property: "stack", code: "name-invalid", detail: (error as Error).message });
  }
  for (const property of ["stateDir", "checkout"] as const)
    if (!lab[property].startsWith("/"))
      problems.push({ property, code: "name-invalid", detail: `"${lab[property]}" is no absolute path` });
  return problems;
}

function hostProblems(inputs: HostInputs): Problem[] {
  const problems = [
    ...nameProblem("host", inputs.host),
    ...inputs.loopback.flatMap((a) => addressProblem("loopback", a)),
    ...inputs.bridges.flatMap((b) => [
      ...deviceProblem("bridges", b.device),
      ...b.addresses.flatMap((a) => addressProblem("bridges", a)),
    ]),
    ...Object.entries(inputs.files).flatMap(([path, line]) => fileProblem(path, line)),
  ];
  if (inputs.forward && !(inputs.forward.daemon in inputs.daemons))
    problems.push({
      property: "forward",
      code: "daemon-unknown",
      detail: `the host has no daemon ${inputs.forward.daemon}`,
    });
  try {
    coversOf(inputs);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    problems.push({ property: "files", code: "path-not-bindable", detail: error.message });
  }
  return problems;
}

function linkProblems(link: LinkInputs): Problem[] {
  const ends = (["a", "b"] as const).flatMap((end) => [
    ...nameProblem(end, link[end].host),
    ...deviceProblem(end, link[end].device),
    ...link[end].addresses.flatMap((a) => addressProblem(end, a)),
  ]);
  if (link.a.host === link.b.host && link.a.device === link.b.device)
    ends.push({ property: "b", code: "device-repeated", detail: `${link.b.device} of ${link.b.host} is both ends` });
  return ends;
}

const servicesProblems = ({ programs }: ServicesInputs): Problem[] =>
  Object.keys(programs)
    .filter((program) => !/^[^/]+\/[^/]+$/.test(program))
    .map((program) => ({
      property: "programs",
      code: "program-invalid",
      detail: `"${program}" is no <host>/<daemon>`,
    }));

/** A host's name is a folder's and a namespace's, and agencies are named by slugs. */
const nameProblem = (property: string, name: string): Problem[] =>
  /^[a-z0-9][a-z0-9-]{0,62}$/.test(name)
    ? []
    : [{ property, code: "name-invalid", detail: `"${name}" is not 1-63 of a-z, 0-9 and dash, the first no dash` }];

/** Words that the kernel keeps for itself, and those that iproute2 6.1 takes for keywords of its own. */
const RESERVED = new Set(["lo", "all", "default", ".", "..", "a", "b", "dev", "name", "netns", "peer", "type", "via"]);

/** IFNAMSIZ is 16 with the end of the string: 15 bytes (linux/if.h); `/`, `:` and white space are refused by the kernel. */
function deviceProblem(property: string, device: string): Problem[] {
  const problem = (detail: string): Problem[] => [
    { property, code: "device-invalid", detail: `"${device}": ${detail}` },
  ];
  if (device === "" || Buffer.byteLength(device) > 15) return problem("a device's name has 1-15 bytes");
  if (!/^[\w.@+-]+$/.test(device) || device.startsWith("-"))
    return problem("letters, digits and ._@+- only, the first no dash");
  return RESERVED.has(device) ? problem("reserved by the kernel or by iproute2") : [];
}

function addressProblem(property: string, address: string): Problem[] {
  const [ip = "", length = "", more] = address.split("/");
  const family = isIP(ip);
  const most = family === 4 ? 32 : 128;
  if (family !== 0 && more === undefined && /^\d{1,3}$/.test(length) && Number(length) <= most) return [];
  return [{ property, code: "address-invalid", detail: `"${address}" is no address with a prefix length` }];
}

const FILE_LINE = /^(sha256:[0-9a-f]{64}|vault:[\w./-]+ \S+) 0[0-7]{3,4} [\w-]+:[\w-]+$/;
const fileProblem = (path: string, line: string): Problem[] =>
  FILE_LINE.test(line) ? [] : [{ property: "files", code: "file-line-invalid", detail: `${path}: "${line}"` }];
