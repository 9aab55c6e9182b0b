import type pulumi from "@pulumi/pulumi";
import { Place } from "./place.ts";

/** The province's names: its authoritative servers and its resolvers, wherever they stand. */
export class NameService extends Place {
  constructor(name: string, provider: pulumi.ProviderResource) {
    super("NameService", name, provider);
  }
}
