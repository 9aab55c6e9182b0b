// The Pulumi program: a deployment as resources of the lab. The same for our own commands (engine/, inline) and for `pulumi up`
// typed by hand (index.ts). Rules that it keeps, whatever changes:
//   - Of hosts that stand in for one another (two hubs, two resolvers) the next is touched when the one before has settled.
//   - Of the lines of one host likewise: never two of its ways at once.
//   - Who tells the watchers what must be true comes after all else: nobody looks for a line that is not laid yet.
//   - What holds a key or a record that is nowhere else is protected: the engine refuses to remove it.
import pulumi from "@pulumi/pulumi";
import { makePlace } from "./components/index.ts";
import { Pki } from "./components/pki.ts";
import type { Place } from "./components/place.ts";
import { keepTexts } from "./platforms/lab/content.ts";
import { hostInputs, linkInputs, PHASES, servicesInputs } from "./platforms/lab/model.ts";
import type { Lab } from "./platforms/lab/names.ts";
import { type Host, LabProvider, type Link, Services } from "./platforms/lab/resources.ts";
import type { Deployment, HostSpec, LinkSpec } from "./platforms/platform.ts";
import { OURS } from "./render/index.ts";
import { type Part, partial } from "./split.ts";
import type { PlaceKind, Topology } from "./topology.ts";

export interface LabProgram {
  deployment: Deployment;
  topology: Topology;
  lab: Lab;
  /** Only one data centre's part of the whole, where stacks are split. */
  part?: Part | undefined;
  /** Waited for before the agents are begun, where something is being made: a measurement looks at what stands without them. */
  beforeAgents?: (() => Promise<void>) | undefined;
  /** PEM of the province's root certificate, for the stack's outputs. */
  root?: string | undefined;
}

/** The program of one deployment: writes its texts where the provider finds them, then declares its resources. */
export const labProgram = (given: LabProgram) => async (): Promise<Record<string, unknown>> => {
  const { topology, lab } = given;
  const { hosts, links } = given.part ? await partial(given.deployment, given.part) : given.deployment;
  const made = hosts.map((spec) => ({ spec, ...hostInputs(spec) }));
  keepTexts(
    lab.stateDir,
    made.flatMap((h) => h.texts),
  );
  const provider = new LabProvider("lab", lab);
  const places = placesIn(provider);
  const guarded = new Set(hosts.filter(holdsWhatIsNowhereElse).map((h) => h.id));
  const hostsById = new Map<string, Host>();
  const lastOfGroup = new Map<string, Host>();
  const makeHost = ({ spec, inputs }: (typeof made)[number], after: pulumi.Resource[]) => {
    const place = topology.placeOf(spec.id);
    const group = topology.groupOf(spec.id);
    const before = group === undefined ? undefined : lastOfGroup.get(group);
    const host = places.of(place).host(inputs, {
      after: before ? [...after, before] : after,
      movedFrom: place.formerly && places.of(place.formerly),
      protect: guarded.has(spec.id),
    });
    hostsById.set(spec.id, host);
    if (group !== undefined) lastOfGroup.set(group, host);
  };
  const lastOfHost = new Map<string, Link>();
  const makeLink = (spec: LinkSpec) => {
    // The other end of a link is the one that it was laid for: `core1~web1`, `hub1~so-noi-vu`.
    const place = topology.placeOf(spec.b.host);
    const standing = [spec.a.host, spec.b.host].flatMap((id) => hostsById.get(id) ?? []);
    const before = lastOfHost.get(spec.b.host);
    const link = places.of(place).link(linkInputs(spec), {
      after: before ? [...standing, before] : standing,
      movedFrom: place.formerly && places.of(place.formerly),
      // Or a removal that is refused would have cut the host off first.
      protect: guarded.has(spec.b.host),
    });
    lastOfHost.set(spec.b.host, link);
    return link;
  };
  const watching = new Set(hosts.filter(tellsWatchers).map((h) => h.id));
  const isWatching = ({ a, b }: LinkSpec) => watching.has(a.host) || watching.has(b.host);
  for (const one of made) if (!watching.has(one.spec.id)) makeHost(one, []);
  const laid = links.filter((l) => !isWatching(l)).map(makeLink);
  for (const one of made) if (watching.has(one.spec.id)) makeHost(one, laid);
  const linksMade = [...laid, ...links.filter(isWatching).map(makeLink)];
  const network = [...hostsById.values(), ...linksMade];
  const phases: Services[] = [];
  for (const phase of PHASES) {
    const before: pulumi.Resource[] = [...network, ...phases];
    const held = phase === "agents" && !pulumi.runtime.isDryRun() ? given.beforeAgents?.() : undefined;
    const dependsOn = held === undefined ? before : held.then(() => before);
    phases.push(new Services(servicesInputs(hosts, phase), { provider, dependsOn }));
  }
  const pki = given.root === undefined ? undefined : new Pki(given.root);
  return {
    province: given.deployment.province,
    hosts: hosts.length,
    links: links.length,
    // What another stack, of another data centre, may lay its lines to.
    hostIds: hosts.map((h) => h.id),
    ...(pki && { pki: { rootSha256: pki.rootSha256, rootNotAfter: pki.rootNotAfter } }),
  };
};

/** Components, each made when it is first asked for. */
function placesIn(provider: LabProvider): { of(place: { kind: PlaceKind; name: string }): Place } {
  const places = new Map<string, Place>();
  return {
    of({ kind, name }) {
      const found = places.get(`${kind} ${name}`) ?? makePlace(kind, name, provider);
      places.set(`${kind} ${name}`, found);
      return found;
    },
  };
}

/** It holds the registry and what agents are told to watch. */
const tellsWatchers = (spec: HostSpec): boolean => spec.files.some((f) => f.path === OURS.registry);

/** A durable folder, or a key of the vault that a service works with. An agent's one-time token is not worth it. */
const holdsWhatIsNowhereElse = (spec: HostSpec): boolean => {
  const secrets = new Set(spec.files.flatMap((f) => ("secret" in f.content ? [f.path] : [])));
  const served = spec.daemons.filter((d) => d.role === "service" || d.role === "console").flatMap((d) => d.files);
  return Object.keys(spec.keep).length > 0 || served.some((path) => secrets.has(path));
};
