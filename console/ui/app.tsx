// Which of the two pages stands: sign-in, or the console. Nothing else is decided here.
import { Agencies } from "./parts/agencies.tsx";
import { Announcer } from "./parts/announcer.tsx";
import { Header } from "./parts/header.tsx";
import { IncidentDetail } from "./parts/incident-detail.tsx";
import { IncidentList } from "./parts/incident-list.tsx";
import { LostBanner } from "./parts/lost-banner.tsx";
import { SignIn } from "./parts/sign-in.tsx";
import { Summary } from "./parts/summary.tsx";
import { openIncident } from "./state/route.ts";
import { link, model, session } from "./state/session.ts";
import { useStore } from "./state/store.ts";
import { useWords } from "./text/use.tsx";

export function App() {
  const now = useStore(session, (s) => s);
  const { t } = useWords();
  if (now.phase === "checking") return <p class="loading">{t("app.loading")}</p>;
  return now.phase === "signed-out" ? <SignIn ended={now.ended} /> : <Console />;
}

function Console() {
  const { t } = useWords();
  const known = useStore(model, (m) => m !== undefined);
  const lost = useStore(link, (l) => l.phase === "lost");
  const opened = useStore(openIncident, (id) => id);
  return (
    <>
      <Header />
      <LostBanner />
      <Announcer />
      <main id="main" tabIndex={-1} class={`console ${lost ? "stale" : ""} ${opened ? "with-detail" : ""}`}>
        {known ? (
          <>
            <Summary />
            <IncidentList />
            {opened && <IncidentDetail id={opened} />}
            <Agencies />
          </>
        ) : (
          <p class="loading">{t("app.loading")}</p>
        )}
      </main>
    </>
  );
}
