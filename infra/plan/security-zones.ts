// In which security zone a host stands when province.yaml does not say so. Pure.
import type { SecurityZone, ServerTask } from "../province/schema.ts";
import type { Role } from "./types.ts";

const OF_TASK: Record<ServerTask, SecurityZone> = {
  // It holds the keys of the zones; where it is a public name server itself, it must stand with the others.
  "primary-dns": "data",
  "secondary-dns": "dmz",
  resolver: "application",
  portal: "dmz",
  mail: "dmz",
  console: "management",
  // The door: what it leads to is management, and that the outside never reaches.
  bastion: "dmz",
};

/** `hiddenPrimary`: the world asks two secondaries or more, and not the primary (zones.ts). */
export const zoneOfServer = (task: ServerTask, hiddenPrimary: boolean, stated?: SecurityZone): SecurityZone =>
  stated ?? (task === "primary-dns" && !hiddenPrimary ? "dmz" : OF_TASK[task]);

/** Of a router: borders face the outside, the others are managed from within. */
export const zoneOfRouter = (role: Role): SecurityZone =>
  role === "border" ? "border" : role === "site" ? "campus" : "management";

export const zoneOfDevice = (inDatacentre: boolean): SecurityZone => (inDatacentre ? "server-room" : "campus");
