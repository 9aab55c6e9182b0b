// Channels and heartbeat that province.yaml provisions (console.json, `notify`), beside the document that people edit. Rules:
// - What is provisioned stands in the place of a channel of the document that has the same id: its address is the province's word.
// - Until somebody puts a document of their own, each is told: people's mail directly, an address of its own by a route.
// - A kept document may name a channel that is provisioned no longer: that name is passed over, the rest counts. Pure.
import { parseDocument, type YAMLSeq } from "yaml";
import { hasOwnAddress } from "./own-address.ts";
import type { ChannelRule, NotifyRules } from "./policy.ts";

export interface Provisioned {
  channels: readonly ChannelRule[];
  heartbeat?: NonNullable<NotifyRules["heartbeat"]>;
}

/** What a channel with an address of its own is told of, until people say otherwise. */
const TOLD = ["opened", "reopened", "worsened", "recovered"];

/** The document's rules and what is provisioned, as one. */
export function joined(rules: NotifyRules, { channels, heartbeat }: Provisioned): NotifyRules {
  const ids = new Set(channels.map((c) => c.id));
  return {
    ...rules,
    channels: [...rules.channels.filter((c) => !ids.has(c.id)), ...channels],
    ...(heartbeat ? { heartbeat } : {}),
  };
}

/** The document that ships, with what is provisioned told; the same text where nothing is. */
export function shippedWith(text: string, { channels }: Provisioned): string {
  if (channels.length === 0) return text;
  const document = parseDocument(text);
  for (const channel of channels)
    if (!hasOwnAddress(channel)) (document.get("direct") as YAMLSeq).add(channel.id);
    else
      (document.get("routes") as YAMLSeq).add(
        document.createNode({ id: `to-${channel.id}`.slice(0, 64), channels: [channel.id], kinds: TOLD }),
      );
  return document.toString({ lineWidth: 0 });
}

/** Without the names of channels that are not there. Whoever has to act is then told on what is left. */
export function withoutGone(rules: NotifyRules): NotifyRules {
  const known = new Set(rules.channels.map((c) => c.id));
  const there = (ids: string[]) => ids.filter((id) => known.has(id));
  const direct = there(rules.direct);
  const left = rules.channels.filter((c) => !hasOwnAddress(c)).map((c) => c.id);
  return {
    ...rules,
    direct: direct.length > 0 ? direct : left,
    routes: rules.routes.map((r) => ({ ...r, channels: there(r.channels) })).filter((r) => r.channels.length > 0),
  };
}
