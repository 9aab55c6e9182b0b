// Rows of things with the same facts; on a phone each row stands as a card with its column's name before each value.
import type { ComponentChildren } from "preact";
import { useWords } from "../text/use.tsx";

export interface Column<T> {
  title: string;
  of(row: T): ComponentChildren;
  /** Stands on a line of its own below the row's facts: its forms may be wide. */
  acts?: true;
}

export function Table<T>(props: {
  rows: readonly T[] | undefined;
  keyOf(row: T): string;
  columns: readonly Column<T>[];
  none: string;
  testId?: string;
}) {
  const { t } = useWords();
  if (!props.rows) return <p class="quiet-text">{t("app.loading")}</p>;
  if (props.rows.length === 0) return <p class="quiet-text">{props.none}</p>;
  return (
    <table class="rows" data-testid={props.testId}>
      <thead>
        <tr>
          {props.columns.map((c) => (
            <th key={c.title} scope="col">
              {c.acts ? <span class="visually-hidden">{c.title}</span> : c.title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {props.rows.map((row) => (
          <tr key={props.keyOf(row)} data-key={props.keyOf(row)}>
            {props.columns.map((c) => (
              <td key={c.title} data-label={c.acts ? undefined : c.title} class={c.acts ? "acts" : undefined}>
                {c.acts ? c.of(row) : <div>{c.of(row)}</div>}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
