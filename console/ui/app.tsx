// Which page stands: sign-in, the watch, or one of the pages beside it. Nothing else is decided here.
import { FirstRunNote } from "./pages/first-run.tsx";
import { PAGES } from "./pages/index.ts";
import { Agencies } from "./parts/agencies.tsx";
import { Announcer } from "./parts/announcer.tsx";
import { Header } from "./parts/header.tsx";
import { IncidentDetail } from "./parts/incident-detail.tsx";
import { IncidentList } from "./parts/incident-list.tsx";
import { LostBanner } from "./parts/lost-banner.tsx";
import { Nav } from "./parts/nav.tsx";
import { FreshNotices } from "./parts/notices.tsx";
import { SignIn } from "./parts/sign-in.tsx";
import { StepUp } from "./parts/step-up.tsx";
import { Summary } from "./parts/summary.tsx";
import { openIncident, openPage } from "./state/route.ts";
import { link, model, session } from "./state/session.ts";
import { useStore } from "./state/store.ts";
import { useWords } from "./text/use.tsx";

export function App() {
  const phase = useStore(session, (s) => s.phase);
  const ended = useStore(session, (s) => s.phase === "signed-out" && s.ended);
  const { t } = useWords();
  if (phase === "checking") return <p class="loading">{t("app.loading")}</p>;
  return phase === "signed-out" ? <SignIn ended={ended} /> : <Console />;
}

function Console() {
  const { t } = useWords();
  const known = useStore(model, (m) => m !== undefined);
  const lost = useStore(link, (l) => l.phase === "lost");
  const opened = useStore(openIncident, (id) => id);
  const name = useStore(openPage, (p) => p);
  const beside = PAGES.find((p) => p.id === name);
  const frame = beside ? "beside" : `console ${opened ? "with-detail" : ""}`;
  return (
    <>
      <Header />
      <LostBanner />
      <Nav />
      <FirstRunNote />
      <Announcer />
      <StepUp />
      <FreshNotices />
      <main id="main" tabIndex={-1} class={`${frame} ${lost ? "stale" : ""}`}>
        {!known ? <p class="loading">{t("app.loading")}</p> : beside ? <beside.Page /> : <Watch opened={opened} />}
      </main>
    </>
  );
}

const Watch = ({ opened }: { opened: string | undefined }) => (
  <>
    <Summary />
    <IncidentList />
    {opened && <IncidentDetail id={opened} />}
    <Agencies />
  </>
);
