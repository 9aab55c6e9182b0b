import type pulumi from "@pulumi/pulumi";
import { Place } from "./place.ts";

/** The world outside: upstreams and what stands for the Internet behind them. */
export class Wan extends Place {
  constructor(name: string, provider: pulumi.ProviderResource) {
    super("Wan", name, provider);
  }
}
