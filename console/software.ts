// What runs at the agents: what each said when it came in, the release that is offered and how far it has got, and what became of
// releases and names. Decides nothing; who may see it is the API's to say.
import type { SoftwareDoor } from "./api/ports.ts";
import { isInRing, type Offer } from "./gateway/releases.ts";
import type { Gateway } from "./gateway/server.ts";
import type { Store } from "./store/store.ts";
import type { View } from "./view.ts";

const MOST_NEWS = 50;

export interface SoftwareParts {
  store: Pick<Store, "agentNews">;
  view: Pick<View, "registry">;
  heard: Gateway["heard"];
  offer(): Offer | undefined;
}

export function softwareOf({ store, view, heard, offer }: SoftwareParts): SoftwareDoor {
  return {
    heard,
    offer() {
      const standing = offer();
      if (!standing) return undefined;
      const { serial, version, share } = standing;
      const ring = view.registry.agents.filter((a) => isInRing(a.id, serial, share)).length;
      return { serial, version, share, ring, ...store.agentNews.endsOf(serial) };
    },
    news: () => store.agentNews.newest(MOST_NEWS),
  };
}
