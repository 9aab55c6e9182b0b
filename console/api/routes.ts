// Every address of the screen's server but the files of the page, in one table: who may call it, what it takes, what it gives. The
// router does what this says, the OpenAPI document is made from it, and the matrix test (test/console/api/matrix.test.ts)
// fails on a row that it does not know.
import type { Route } from "./route.ts";
import { auditRoutes } from "./routes/audit.ts";
import { caseworkRoutes } from "./routes/casework.ts";
import { enrolmentRoutes } from "./routes/enrolments.ts";
import { healthRoutes } from "./routes/health.ts";
import { historyRoutes } from "./routes/history.ts";
import { incidentRoutes } from "./routes/incidents.ts";
import { notificationRoutes } from "./routes/notifications.ts";
import { passkeyRoutes } from "./routes/passkeys.ts";
import { peopleRoutes } from "./routes/people.ts";
import { sessionRoutes } from "./routes/session.ts";
import { watchRoutes } from "./routes/watch.ts";

export const ROUTES: readonly Route[] = [
  ...healthRoutes,
  ...sessionRoutes,
  ...passkeyRoutes,
  ...watchRoutes,
  ...historyRoutes,
  ...incidentRoutes,
  ...caseworkRoutes,
  ...notificationRoutes,
  ...peopleRoutes,
  ...enrolmentRoutes,
  ...auditRoutes,
];
