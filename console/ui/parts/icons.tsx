// The few signs of the screen, drawn here so that nothing is fetched. A sign never stands alone: text beside it says the same.
import type { JSX } from "preact";
import type { CheckStatus } from "../../../protocol/incident.ts";

const PATHS = {
  check: <path d="M3.5 8.5 6.5 11.500 12.500 4.500" />,
  alert: <path d="M8 2 14.500 13.500H1.500ZM8 6.500V9.500M8 11.700v.1" />,
  cross: <path d="M4 4l8 8M12 4l-8 8" />,
  dash: <path d="M4 8h8" />,
  question: <path d="M5.500 6a2.500 2.500 0 1 1 3.600 2.200C8.300 8.700 8 9 8 9.900M8 12.200v.1" />,
  lost: <path d="M8 1.700a6.300 6.300 0 1 1 0 12.600A6.300 6.300 0 0 1 8 1.700ZM3.600 3.600l8.800 8.800" />,
  degraded: (
    <>
      <path d="M8 1.700a6.300 6.300 0 1 1 0 12.600A6.300 6.300 0 0 1 8 1.700Z" />
      <path class="filled" d="M8 1.700a6.300 6.300 0 0 0 0 12.600Z" />
    </>
  ),
  affected: (
    <path d="M8 8.500a2.800 2.800 0 1 0 0-5.600 2.800 2.800 0 0 0 0 5.600ZM2.500 14c.6-2.700 2.800-4 5.500-4s4.900 1.300 5.500 4" />
  ),
  clock: <path d="M8 1.700a6.300 6.300 0 1 1 0 12.600A6.300 6.300 0 0 1 8 1.700ZM8 4.500V8l2.500 1.500" />,
  person: <path d="M8 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM2.500 14c.5-3 2.600-4.300 5.500-4.300s5 1.300 5.500 4.300" />,
  search: <path d="M7 2.500a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9ZM10.300 10.300 14 14" />,
  shield: <path d="M8 1.800 13.200 3.700v4c0 3.200-2.200 5.300-5.200 6.500-3-1.200-5.200-3.300-5.200-6.500v-4Z" />,
  chevron: <path d="M6 3.500 10.500 8 6 12.500" />,
  live: (
    <path d="M8 6.800a1.200 1.200 0 1 1 0 2.400 1.200 1.200 0 0 1 0-2.400ZM4.800 11.200a4.500 4.500 0 0 1 0-6.400M11.200 4.800a4.500 4.500 0 0 1 0 6.400" />
  ),
  bell: (
    <path d="M8 2a4 4 0 0 0-4 4c0 4-1.500 5-1.500 5h11s-1.500-1-1.500-5a4 4 0 0 0-4-4ZM6.500 13.500a1.600 1.600 0 0 0 3 0" />
  ),
  sun: (
    <path d="M8 5.200a2.800 2.800 0 1 1 0 5.600 2.800 2.800 0 0 1 0-5.600ZM8 1v1.500M8 13.500V15M1 8h1.500M13.500 8H15M3 3l1.100 1.100M11.900 11.900 13 13M13 3l-1.100 1.100M4.100 11.900 3 13" />
  ),
  moon: <path d="M13.500 9.500A6 6 0 0 1 6.500 2.500a6 6 0 1 0 7 7Z" />,
  screen: <path d="M2 3h12v8H2ZM6 14h4M8 11v3" />,
  tower: <path d="M8 1.500 2.500 5v1.500h11V5ZM4 6.500v8M12 6.500v8M4 10.500h8M8 10.500v4" />,
} satisfies Record<string, JSX.Element>;
export type IconName = keyof typeof PATHS;

/** The sign of each status of a check. */
export const STATUS_ICON = {
  good: "check",
  finding: "alert",
  skipped: "dash",
  broke: "cross",
  unknown: "question",
} as const satisfies Record<CheckStatus, IconName>;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {PATHS[name]}
    </svg>
  );
}
