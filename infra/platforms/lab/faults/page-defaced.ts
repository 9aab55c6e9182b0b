// Somebody has put another page in the place of the portal's.
import type { Lab } from "../names.ts";
import { hostsOf } from "../notes.ts";
import { assetsOf, daemonOf, targetsOf } from "./assets.ts";
import type { Fault } from "./fault.ts";
import { editOnHost, reloadOnHost, restoreOnHost } from "./host-files.ts";

const CONFIG = "/etc/nginx/nginx.conf";
const PAGE = /location \/ \{[^}]*\}/;
const DEFACED = 'location / { default_type text/html; return 200 "<title>Hacked by nobody</title>"; }';

const services = (lab: Lab) =>
  targetsOf(lab, "page").flatMap(({ asset: id }) => {
    const { on } = assetsOf(lab, "service").find((s) => s.id === id)!;
    const host = on.find((h) => hostsOf(lab).includes(h) && daemonOf(lab, h, "nginx"));
    return host === undefined ? [] : [{ id, host }];
  });
const hostOf = (lab: Lab, id: string) => services(lab).find((s) => s.id === id)!.host;

export const pageDefaced: Fault = {
  name: "page-defaced",
  targets: "service",
  candidates: (lab) => services(lab).map((s) => s.id),
  expects: (_, service) => ({ incident: `service ${service}`, withinMs: 45_000 }),
  async inject(lab, service) {
    const host = hostOf(lab, service);
    editOnHost(lab, host, CONFIG, (text) => text.replace(PAGE, DEFACED));
    const injectedAt = Date.now();
    await reloadOnHost(lab, host, "nginx");
    return { injectedAt, facts: {} };
  },
  async undo(lab, service) {
    const host = hostOf(lab, service);
    restoreOnHost(lab, host, CONFIG);
    await reloadOnHost(lab, host, "nginx");
  },
};
