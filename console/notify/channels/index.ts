// The kinds of channels, in one visible list: a new one is a file, a shape in policy.ts, and a line here.
import type { LookupFunction } from "node:net";
import type { AddressPolicy } from "../../outbound/address.ts";
import type { ChannelRule } from "../policy.ts";
import type { Channel } from "../ports.ts";
import { mailChannel } from "./mail.ts";
import { screenChannel } from "./screen.ts";
import { webhookChannel } from "./webhook.ts";

export interface ChannelParts {
  secret(name: string): string;
  lookup: LookupFunction;
  addresses: AddressPolicy;
  roots?: string[];
  now(): number;
  nudge(account: string): void;
}

export function openChannel(rule: ChannelRule, parts: ChannelParts): Channel {
  switch (rule.kind) {
    case "mail":
      return mailChannel({ ...parts, rule });
    case "webhook":
      return webhookChannel({ ...parts, url: rule.url, keySecret: rule.keySecret });
    case "screen":
      return screenChannel(parts);
  }
}
