// The row of pages below the header: those that whoever is signed in can use.
import { PAGES } from "../pages/index.ts";
import { openPage } from "../state/route.ts";
import { session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { useWords } from "../text/use.tsx";

export function Nav() {
  const { t } = useWords();
  const now = useStore(openPage, (p) => p);
  const who = useStore(session, (s) => s);
  const offered = PAGES.filter((p) => p.offered?.(who));
  if (offered.length === 0) return null;
  return (
    <nav class="nav" aria-label={t("nav.title")}>
      {[{ id: "", title: "page.watch" } as const, ...offered].map((p) => (
        <a
          key={p.id}
          href={`#${p.id}`}
          aria-current={now === p.id ? "page" : undefined}
          data-testid={`nav-${p.id || "watch"}`}
        >
          {t(p.title)}
        </a>
      ))}
    </nav>
  );
}
