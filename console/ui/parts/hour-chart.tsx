// Two days as bars, one an hour: reports with findings, and detections on top of them. Who does not see it reads it as a table.
import { dateTime } from "../text/time.ts";
import { useWords } from "../text/use.tsx";

export interface Bar {
  at: number;
  bad: number;
  detections: number;
}

/** Units of the drawing; it is stretched to the room that there is. */
const WIDTH = 10;
const GAP = 2;
const HEIGHT = 100;

export function HourChart({ bars }: { bars: readonly Bar[] }) {
  const { t } = useWords();
  const most = Math.max(1, ...bars.map((b) => b.bad + b.detections));
  const high = (n: number) => (n * HEIGHT) / most;
  const said = (b: Bar) => t("history.bar", { at: dateTime(b.at).slice(0, -3), bad: b.bad, detections: b.detections });
  return (
    <figure class="hours" data-testid="hours">
      <div class="hours-scale" aria-hidden="true">
        <span>{most}</span>
        <span>0</span>
      </div>
      <svg viewBox={`0 0 ${bars.length * WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
        {bars.map((b, i) => (
          <g key={b.at}>
            <title>{said(b)}</title>
            <rect class="hours-back" x={i * WIDTH} y={0} width={WIDTH} height={HEIGHT} />
            <rect class="hours-bad" x={i * WIDTH} y={HEIGHT - high(b.bad)} width={WIDTH - GAP} height={high(b.bad)} />
            <rect
              class="hours-detections"
              x={i * WIDTH}
              y={HEIGHT - high(b.bad + b.detections)}
              width={WIDTH - GAP}
              height={high(b.detections)}
            />
          </g>
        ))}
      </svg>
      <div class="hours-times" aria-hidden="true">
        <span>{dateTime(bars[0]!.at).slice(0, -3)}</span>
        <span>{dateTime(bars.at(-1)!.at).slice(0, -3)}</span>
      </div>
      <figcaption>
        <span class="hours-key is-bad">{t("history.bad")}</span>
        <span class="hours-key is-detections">{t("history.detections")}</span>
      </figcaption>
      <ul class="visually-hidden">
        {bars
          .filter((b) => b.bad + b.detections > 0)
          .map((b) => (
            <li key={b.at}>{said(b)}</li>
          ))}
      </ul>
    </figure>
  );
}
