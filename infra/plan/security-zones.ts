// In which security zone a host stands when province.yaml does not say so. Pure.
import type { SecurityZone, ServerTask } from "../province/schema.ts";
import type { Role } from "./types.ts";

const OF_TASK: Record<ServerTask, SecurityZone> = {
  "primary-dns": "dmz",
  "secondary-dns": "dmz",
  resolver: "application",
  portal: "dmz",
  console: "management",
  bastion: "management",
};

export const zoneOfServer = (task: ServerTask, stated?: SecurityZone): SecurityZone => stated ?? OF_TASK[task];

/** Of a router: borders face the outside, the others are managed from within. */
export const zoneOfRouter = (role: Role): SecurityZone =>
  role === "border" ? "border" : role === "site" ? "campus" : "management";

export const zoneOfDevice = (inDatacentre: boolean): SecurityZone => (inDatacentre ? "server-room" : "campus");
