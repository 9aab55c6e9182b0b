// The components that there are, by the kind of place.
import type pulumi from "@pulumi/pulumi";
import type { PlaceKind } from "../topology.ts";
import { AgencySite } from "./agency-site.ts";
import { Console } from "./console.ts";
import { DataCentre } from "./data-centre.ts";
import { NameService } from "./name-service.ts";
import type { Place } from "./place.ts";
import { Wan } from "./wan.ts";

const COMPONENTS = {
  "data-centre": DataCentre,
  wan: Wan,
  "agency-site": AgencySite,
  "name-service": NameService,
  console: Console,
} as const satisfies Record<PlaceKind, new (name: string, provider: pulumi.ProviderResource) => Place>;

export const makePlace = (kind: PlaceKind, name: string, provider: pulumi.ProviderResource): Place =>
  new COMPONENTS[kind](name, provider);
