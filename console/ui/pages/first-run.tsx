// The first set-up: nobody has an account yet. The person who holds the machine makes the first administrator's; no password is
// given out, and none is there from the start.

import { Page, Section } from "../parts/form.tsx";
import { session } from "../state/session.ts";
import { useStore } from "../state/store.ts";
import { useWords, WithCommands } from "../text/use.tsx";
import { NewAccount } from "./people.tsx";

const STEPS = ["setup.step.make", "setup.step.hand", "setup.step.enter", "setup.step.more"] as const;

export function FirstRun() {
  const { t } = useWords();
  return (
    <Page title={t("page.setup")} purpose={t("setup.purpose")}>
      <Section title={t("setup.steps")}>
        <ol class="numbered">
          {STEPS.map((key) => (
            <li key={key}>
              <WithCommands text={t(key)} />
            </li>
          ))}
        </ol>
      </Section>
      <NewAccount onMade={() => {}} first={["administrator"]} />
    </Page>
  );
}

/** On every page until somebody has an account. */
export function FirstRunNote() {
  const { t } = useWords();
  const first = useStore(session, (s) => s.phase === "signed-in" && (s.me?.firstRun ?? false));
  if (!first) return null;
  return (
    <p class="first-run" data-testid="first-run">
      {t("setup.note")} <a href="#setup">{t("setup.begin")}</a>
    </p>
  );
}
