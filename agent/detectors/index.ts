// Every detector that there is; a new one is a new line here.
import type { LogKind } from "../../protocol/target.ts";
import type { Detector } from "../check.ts";
import { firewallLog } from "./firewall-log.ts";
import { routeLog } from "./route-log.ts";
import { sshBruteForce } from "./ssh-brute-force.ts";

export const DETECTORS: { readonly [K in LogKind]: Detector<K> } = {
  "ssh-log": sshBruteForce,
  "firewall-log": firewallLog,
  "route-log": routeLog,
};
