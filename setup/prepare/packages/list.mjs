// Which Debian packages are needed, and for what. The one place that names them.

/** For everything: the first is what Node 26's binary links against, and a bare Debian 12 lacks it. */
const ALWAYS = [
  "libatomic1",
  "ca-certificates",
  "curl", // the Pulumi engine's own installer fetches with it
  "git",
];

/** For a province in the lab: its daemons, and what the provider and the agents call. */
const LAB = [
  "iproute2",
  "bird2",
  "knot",
  "knot-dnsutils",
  "unbound",
  "nginx-light",
  "nftables",
  "chrony", // the province's time servers
  "ulogd2", // writes down what borders refuse
  "radvd", // an agency's own network is told its router, and a fault tells it another
  "postfix", // the province's mail server, and one to which the tests of notifications send
  "openssh-server",
  "openssh-client",
  "iputils-ping",
  "util-linux",
  "mount",
  "passwd",
  "procps",
];

/** For the tests: a browser with letters to draw, and the peers against which our own DNS is held. */
const TEST = [
  "chromium",
  "fonts-dejavu-core",
  "bind9",
  "bind9-dnsutils",
  "bind9-utils",
  "dns-root-data",
  "knot-dnssecutils",
  "unbound-host",
  "libfaketime", // one process of the chaos test has a clock of its own
  "debootstrap", // a bare Debian, in which an agent's package is installed
  "stayrtr", // an RPKI validator's own word, spoken to our borders
];

/**
 * System services that come with those packages. The lab starts daemons of its own in its namespaces and needs none of
 * these; so one that was not on the machine before is neither started nor enabled by us.
 * @type {Record<string, string[]>}
 */
export const SERVICES = {
  bind9: ["named.service", "named-resolvconf.service"],
  bird2: ["bird.service"],
  knot: ["knot.service"],
  unbound: ["unbound.service", "unbound-resolvconf.service"],
  "nginx-light": ["nginx.service"],
  nftables: ["nftables.service"],
  chrony: ["chrony.service"],
  ulogd2: ["ulogd2.service"],
  radvd: ["radvd.service"],
  stayrtr: ["stayrtr.service"],
  postfix: ["postfix.service"],
  "openssh-server": ["ssh.service", "ssh.socket"],
};

/**
 * Of these a machine has one at a time: installing ours takes the other away. Debian's own time service may go, because ours
 * then keeps the machine's clock as well (its service is left enabled); anything else that would have to go ends the set-up.
 * @type {Record<string, { package: string, unit: string }>}
 */
export const SUCCESSORS = { chrony: { package: "systemd-timesyncd", unit: "systemd-timesyncd.service" } };

/** @param {"start" | "test"} purpose */
export const packagesFor = (purpose) => [...ALWAYS, ...LAB, ...(purpose === "test" ? TEST : [])];
