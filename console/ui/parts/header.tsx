// The bar at the top: which province, whether what is shown is live, language, appearance, and the way out.

import { useState } from "preact/hooks";
import { toConsoleTime } from "../state/clock.ts";
import { language, THEMES, theme } from "../state/preferences.ts";
import { exit, link, model, session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { clockTime } from "../text/time.ts";
import { useWords } from "../text/use.tsx";
import { Icon } from "./icons.tsx";
import { Bell } from "./notices.tsx";

export function Header() {
  const { t, name } = useWords();
  const province = useStore(model, (m) => m?.province);
  const account = useStore(session, (s) => (s.phase === "signed-in" ? s.account : ""));
  return (
    <header class="header">
      <button type="button" class="button primary skip" onClick={() => document.getElementById("main")?.focus()}>
        {t("app.skip")}
      </button>
      <span class="brand">
        <Icon name="tower" />
        {t("app.name")}
      </span>
      <h1>{province ? name(province.name) : t("app.loading")}</h1>
      <FeedState />
      <div class="header-tools">
        {account && <Bell />}
        <Preferences />
        {account && (
          <a class="account" href="#own" title={t("page.own")} data-testid="nav-own">
            <Icon name="person" />
            <span class="account-name">{account}</span>
          </a>
        )}
        <SignOut />
      </div>
    </header>
  );
}

function SignOut() {
  const { t } = useWords();
  const [failed, setFailed] = useState(false);
  return (
    <>
      {failed && (
        <span class="error" role="alert">
          {t("signout.failed")}
        </span>
      )}
      <button type="button" class="button" data-testid="signout" onClick={async () => setFailed(!(await exit()))}>
        {t("signout")}
      </button>
    </>
  );
}

function FeedState() {
  const { t } = useWords();
  const state = useStore(link, (l) => l);
  return (
    <p class={`feed feed-${state.phase}`} data-testid="feed-state" data-state={state.phase}>
      <Icon name={state.phase === "live" ? "live" : state.phase === "lost" ? "lost" : "clock"} />
      <span>{t(`feed.${state.phase}`)}</span>
      {state.lastMessageAt !== undefined && (
        <span class="feed-time">{t("feed.updated", { time: clockTime(toConsoleTime(state.lastMessageAt)) })}</span>
      )}
    </p>
  );
}

/** Also on the sign-in page, so that nobody has to read it in a language they do not know. */
export function Preferences() {
  const { language: now, t } = useWords();
  const look = useStore(theme, (x) => x);
  const next = THEMES[(THEMES.indexOf(look) + 1) % THEMES.length] ?? "system";
  return (
    <>
      <button
        type="button"
        class="button"
        lang={now === "vi" ? "en" : "vi"}
        title={t("language.switch.title")}
        data-testid="language"
        data-language={now}
        onClick={() => language.set(now === "vi" ? "en" : "vi")}
      >
        {t("language.switch")}
      </button>
      <button
        type="button"
        class="button"
        title={t("theme.title", { now: t(`theme.${look}`) })}
        data-testid="theme"
        data-theme={look}
        onClick={() => theme.set(next)}
      >
        <Icon name={look === "light" ? "sun" : look === "dark" ? "moon" : "screen"} />
        <span class="theme-text">{t(`theme.${look}`)}</span>
      </button>
    </>
  );
}
