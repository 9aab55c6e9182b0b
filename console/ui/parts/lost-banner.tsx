// Says loudly that what stands below is old. Nothing under it is shown as live while it stands.
import { toConsoleTime, useNow } from "../state/clock.ts";
import type { LinkState } from "../state/feed.ts";
import { link, retryFeed } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { ago, dateTime } from "../text/time.ts";
import { useWords } from "../text/use.tsx";
import { Icon } from "./icons.tsx";

export function LostBanner() {
  const { t } = useWords();
  const state = useStore(link, (l) => l);
  if (state.phase !== "lost" || state.lostSince === undefined) return null;
  const since = toConsoleTime(state.lostSince);
  return (
    <div class="lost-banner">
      <Icon name="lost" />
      <div class="lost-text">
        <p role="alert">
          <strong>{t("feed.lost.title")}</strong> {t("feed.lost.since", { time: dateTime(since) })}.{" "}
          {t("feed.lost.stale")}
        </p>
        <Waiting since={since} state={state} />
      </div>
      <button type="button" class="button" disabled={state.nextTryAt === undefined} onClick={retryFeed}>
        {t("feed.lost.retry")}
      </button>
    </div>
  );
}

function Waiting({ since, state }: { since: number; state: LinkState }) {
  const { language, t } = useWords();
  const now = useNow();
  const wait = state.nextTryAt === undefined ? 0 : Math.ceil((toConsoleTime(state.nextTryAt) - now) / 1000);
  return (
    <p class="lost-wait">
      {ago(language, since, now)} · {wait > 0 ? t("feed.lost.next", { seconds: wait }) : t("feed.lost.trying")}
    </p>
  );
}
