import type pulumi from "@pulumi/pulumi";
import { Place } from "./place.ts";

/** An agency's site: its gateway host and the lines that lead to it. */
export class AgencySite extends Place {
  constructor(agency: string, provider: pulumi.ProviderResource) {
    super("AgencySite", agency, provider);
  }
}
