import type pulumi from "@pulumi/pulumi";
import { Place } from "./place.ts";

/** The console with its enrolment authority. Its record is durable and lies outside the host. */
export class Console extends Place {
  constructor(name: string, provider: pulumi.ProviderResource) {
    super("Console", name, provider);
  }
}
