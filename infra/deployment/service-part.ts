// The portal and the bastion. Pure.
import { SSH_LOG } from "../plan/targets.ts";
import type { Plan, PlannedHost } from "../plan/types.ts";
import { NGINX, nginxConfig, SSHD, sitesOn, siteTls, sshdConfig } from "../render/index.ts";
import type { Materials } from "./facts.ts";
import { directory, type Part, paths, secret, text } from "./part.ts";

/** nginx; its master is root and reads the key, its workers are not. */
export function portalPart(plan: Plan, host: PlannedHost, m: Materials): Part {
  const files = [
    text(NGINX.config, nginxConfig(plan, host)),
    text(NGINX.certificate, m.portal.chain),
    secret(m, NGINX.key, m.portal.keySecret, "root:root"),
    ...sitesOn(plan, host).flatMap(({ id }) => {
      const { chain, keySecret } = m.sites.get(id)!;
      const at = siteTls(id);
      return [text(at.certificate, chain), secret(m, at.key, keySecret, "root:root")];
    }),
  ];
  const command = ["nginx", "-e", "stderr", "-c", NGINX.config];
  return {
    directories: [
      directory("/etc/nginx"),
      directory("/etc/nginx/tls"),
      directory(NGINX.state, "0755", "www-data:www-data"),
    ],
    files,
    daemons: [
      {
        name: "nginx",
        argv: [...command, "-g", "daemon off;"],
        prepare: [[...command, "-t"]],
        user: "root",
        restart: "once",
        files: paths(files),
        reload: { files: paths(files), argv: [...command, "-s", "reload"] },
        log: "/var/log/nginx/error.log",
        role: "service",
      },
    ],
  };
}

/** sshd, whose standard error is the log that the agent of this host reads. */
export function bastionPart(host: PlannedHost, m: Materials): Part {
  const files = [text(SSHD.config, sshdConfig(host)), secret(m, SSHD.hostKey, m.sshHostKeySecret, "root:root", "0600")];
  return {
    directories: [directory("/etc/ssh"), directory("/run/sshd"), directory("/var/log/ssh", "0750", "root:adm")],
    files,
    daemons: [
      {
        name: "sshd",
        argv: ["/usr/sbin/sshd", "-D", "-e", "-f", SSHD.config],
        prepare: [["/usr/sbin/sshd", "-t", "-f", SSHD.config]],
        user: "root",
        restart: "once",
        files: paths(files),
        log: SSH_LOG,
        role: "service",
      },
    ],
  };
}
