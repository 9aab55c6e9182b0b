import type pulumi from "@pulumi/pulumi";
import { Place } from "./place.ts";

/** A data centre: borders, core, hubs and the servers behind them. */
export class DataCentre extends Place {
  constructor(agency: string, provider: pulumi.ProviderResource) {
    super("DataCentre", agency, provider);
  }
}
