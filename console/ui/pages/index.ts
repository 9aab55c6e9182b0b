// The pages of the console, in the order of their links; each with whom it is offered to. What a person may do there the console
// decides anew with each call.
import type { ComponentType } from "preact";
import type { TextKey } from "../../../protocol/locales/index.ts";
import { may, type Session, seesAll } from "../state/session.ts";
import { Agents } from "./agents.tsx";
import { Declare } from "./declare.tsx";
import { Duty } from "./duty.tsx";
import { FirstRun } from "./first-run.tsx";
import { History } from "./history.tsx";
import { Notifications } from "./notifications.tsx";
import { Own } from "./own.tsx";
import { People } from "./people.tsx";
import { Rules } from "./rules.tsx";
import { Silences } from "./silences.tsx";

export interface PageEntry {
  /** Its fragment in the address, without `#`. */
  id: string;
  title: TextKey;
  /** Absent: it has no link of its own in the row of pages. */
  offered?(session: Session): boolean;
  Page: ComponentType;
}

const handles = (s: Session) => may("incident.handle")(s) && seesAll(s);

export const PAGES: readonly PageEntry[] = [
  { id: "declare", title: "page.declare", offered: handles, Page: Declare },
  { id: "silences", title: "page.silences", offered: handles, Page: Silences },
  { id: "duty", title: "page.duty", offered: handles, Page: Duty },
  { id: "notifications", title: "page.notifications", offered: () => true, Page: Notifications },
  { id: "history", title: "page.history", offered: may("watch.read"), Page: History },
  { id: "people", title: "page.people", offered: may("people.read"), Page: People },
  { id: "agents", title: "page.agents", offered: may("system.manage"), Page: Agents },
  { id: "rules", title: "page.rules", offered: may("audit.read"), Page: Rules },
  { id: "own", title: "page.own", Page: Own },
  { id: "setup", title: "page.setup", Page: FirstRun },
];
