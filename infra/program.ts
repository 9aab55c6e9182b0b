// The Pulumi program: a deployment as resources of the lab. The same for our own commands (engine/, inline) and for
// `pulumi up` typed by hand (index.ts).
import { AgencySite } from "./components/agency-site.ts";
import { DataCentre } from "./components/data-centre.ts";
import type { Place } from "./components/place.ts";
import { Wan } from "./components/wan.ts";
import { keepTexts } from "./platforms/lab/content.ts";
import { hostInputs, linkInputs, servicesInputs } from "./platforms/lab/model.ts";
import type { Lab } from "./platforms/lab/names.ts";
import { type Host, LabProvider, Services } from "./platforms/lab/resources.ts";
import type { Deployment } from "./platforms/platform.ts";

/** Where a host stands, for the engine's tree only. */
export type PlaceOf = (host: string) => { kind: "data-centre" | "wan" | "agency-site"; name: string };

/** The program of one deployment: writes its texts where the provider finds them, then declares its resources. */
export function labProgram(deployment: Deployment, placeOf: PlaceOf, lab: Lab): () => Promise<Record<string, unknown>> {
  return async () => {
    const hosts = deployment.hosts.map((spec) => hostInputs(spec));
    keepTexts(
      lab.stateDir,
      hosts.flatMap((h) => h.texts),
    );
    const provider = new LabProvider("lab", lab);
    const places = new Map<string, Place>();
    const place = (host: string): Place => {
      const { kind, name } = placeOf(host);
      const found = places.get(name) ?? makePlace(kind, name, provider);
      places.set(name, found);
      return found;
    };
    const made = new Map<string, Host>(hosts.map(({ inputs }) => [inputs.host, place(inputs.host).host(inputs)]));
    // The other end of a link is the one that it was laid for: `core1~web1`, `hub1~so-noi-vu`.
    const links = deployment.links.map((spec) =>
      place(spec.b.host).link(linkInputs(spec), [made.get(spec.a.host)!, made.get(spec.b.host)!]),
    );
    new Services(servicesInputs(deployment.hosts), { provider, dependsOn: [...made.values(), ...links] });
    return { province: deployment.province, hosts: deployment.hosts.length, links: deployment.links.length };
  };
}

function makePlace(kind: ReturnType<PlaceOf>["kind"], name: string, provider: LabProvider): Place {
  if (kind === "wan") return new Wan(provider);
  return kind === "data-centre" ? new DataCentre(name, provider) : new AgencySite(name, provider);
}
