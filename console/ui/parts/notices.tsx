// The bell of the header with what one was told, the switch of the sound, and the cards of what has just come.
import { useEffect, useState } from "preact/hooks";
import type { Notice } from "../../../protocol/notice.ts";
import { fresh, markSeen, mayNotify, notices, putAway } from "../state/notices.ts";
import { incidentHref } from "../state/route.ts";
import { sound, switchSound } from "../state/sound.ts";
import { useStore } from "../state/store.ts";
import { useWords } from "../text/use.tsx";
import { Icon } from "./icons.tsx";
import { At } from "./labels.tsx";

export function Bell() {
  const { t } = useWords();
  const all = useStore(notices, (n) => n);
  const [open, setOpen] = useState(false);
  const unseen = all.filter((n) => !n.seen).length;
  useEffect(() => {
    if (!open) return;
    const close = (event: KeyboardEvent) => event.key === "Escape" && setOpen(false);
    addEventListener("keydown", close);
    return () => removeEventListener("keydown", close);
  }, [open]);
  return (
    <div class="bell">
      <button
        type="button"
        class="button"
        aria-expanded={open}
        aria-controls="notices"
        data-testid="bell"
        title={t("notices.title")}
        onClick={() => {
          setOpen(!open);
          if (open) void markSeen();
        }}
      >
        <Icon name="bell" />
        <span class="visually-hidden">{t("notices.title")}</span>
        {unseen > 0 && (
          <span class="bell-count" data-testid="bell-count">
            {t("notices.unseen", { count: unseen })}
          </span>
        )}
      </button>
      {open && <Panel all={all} />}
    </div>
  );
}

function Panel({ all }: { all: readonly Notice[] }) {
  const { t } = useWords();
  return (
    <section id="notices" class="notices" aria-label={t("notices.title")} data-testid="notices">
      <div class="notices-tools">
        <SoundSwitch />
        <BrowserSwitch />
      </div>
      {all.length === 0 && <p class="quiet-text">{t("notices.none")}</p>}
      <ol>
        {all.map((n) => (
          <li key={n.id} class={n.seen ? "" : "unseen"}>
            <NoticeText notice={n} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function SoundSwitch() {
  const { t } = useWords();
  const now = useStore(sound, (s) => s);
  return (
    <button
      type="button"
      class="button"
      data-testid="sound"
      data-sound={now}
      onClick={() => switchSound(now === "on" ? "off" : "on")}
    >
      {t(now === "on" ? "notices.mute" : "notices.unmute")}
    </button>
  );
}

/** Asked for by a press, and only where the browser has not been asked before. */
function BrowserSwitch() {
  const { t } = useWords();
  const [state, setState] = useState(mayNotify());
  if (state !== "default") return null;
  return (
    <button type="button" class="button" onClick={() => void Notification.requestPermission().then(setState)}>
      {t("notices.browser")}
    </button>
  );
}

function NoticeText({ notice: n }: { notice: Notice }) {
  const head = <strong class={`notice-head ${n.severity ?? "info"}`}>{n.subject.replace(/^\[[^\]]*\] /, "")}</strong>;
  return (
    <>
      {n.incident ? <a href={incidentHref(n.incident)}>{head}</a> : head}
      <p>{n.summary}</p>
      <p class="quiet-text">
        <At at={n.at} />
      </p>
    </>
  );
}

/** What has just come, until it is put away; said to screen readers too. */
export function FreshNotices() {
  const { t } = useWords();
  const shown = useStore(fresh, (f) => f);
  return (
    <div class="fresh" role="log" aria-live="polite" data-testid="fresh">
      {shown.map((n) => (
        <article key={n.id} class={`fresh-card ${n.severity ?? "info"}`}>
          <NoticeText notice={n} />
          <button type="button" class="link-button" onClick={() => putAway(n.id)}>
            {t("notices.away")}
          </button>
        </article>
      ))}
    </div>
  );
}
