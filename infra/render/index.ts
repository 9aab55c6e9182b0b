// Plan → texts of the daemons. Each renderer is pure and knows one daemon.
export { birdConfig } from "./bird.ts";
export { CHRONY, chronyConfig } from "./chrony.ts";
export { dsHandOff, handedOver } from "./ds-hand-off.ts";
export type { RenderFacts } from "./facts.ts";
export { auditsOf, KNOT, knotConfig, secondariesOf, zonePath, zonesOn } from "./knot.ts";
export { firewall } from "./nftables.ts";
export { NGINX, nginxConfig, portalNames, sitesOn, siteTls } from "./nginx.ts";
export { MAIL_ACCOUNT, mailOn, POSTFIX, postfixMain, postfixMaster, postfixReceivers, QUEUE } from "./postfix.ts";
export { agentConfig, caConfig, consoleConfig, isAuditor, OURS } from "./programs.ts";
export { SSHD, sshdConfig } from "./sshd.ts";
export { sysctls } from "./sysctls.ts";
export { ULOGD, ulogdConfig } from "./ulogd.ts";
export { rootHints, trustAnchors, UNBOUND, unboundConfig } from "./unbound.ts";
export { zoneFile } from "./zone-file.ts";
