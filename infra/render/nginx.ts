// The text of /etc/nginx/nginx.conf: the province's portal and the agencies' names over TLS, in both families. Pure.
import type { Dual, Plan, PlannedHost, PlannedService } from "../plan/types.ts";

export const NGINX = {
  config: "/etc/nginx/nginx.conf",
  certificate: "/etc/nginx/tls/portal.crt",
  key: "/etc/nginx/tls/portal.key",
  state: "/var/lib/nginx",
} as const;

/** Names that the portal's certificate holds. */
export const portalNames = (plan: Pick<Plan, "names" | "province">): string[] => [
  plan.names.portal,
  plan.province.domain,
  `*.${plan.province.domain}`,
];

/** Services that this server answers for with a certificate of their own. */
export const sitesOn = (plan: Plan, host: PlannedHost): PlannedService[] =>
  plan.services.filter((s) => s.tls === "https" && s.host === host.id);

/** Where a service's certificate and key stand. */
export const siteTls = (id: string) => ({
  certificate: `/etc/nginx/tls/${id}.crt`,
  key: `/etc/nginx/tls/${id}.key`,
});

function siteConfig({ v4, v6 }: Dual, { id, fqdn }: PlannedService): string {
  const { certificate, key } = siteTls(id);
  return `  server {
    listen ${v4}:443 ssl http2;
    listen [${v6}]:443 ssl http2;
    server_name ${fqdn};
    ssl_certificate ${certificate};
    ssl_certificate_key ${key};
    add_header Strict-Transport-Security "max-age=31536000" always;
    location / { return 200 "$host\\n"; }
  }
`;
}

export function nginxConfig(plan: Plan, host: PlannedHost): string {
  const { v4, v6 } = host.server!.address;
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
  return `user www-data;
worker_processes 1;
pid /run/nginx.pid;
error_log stderr notice;
events { worker_connections 1024; }
http {
  access_log off;
  server_tokens off;
  default_type text/plain;
${temporary.map((t) => `  ${t}_temp_path ${NGINX.state}/${t};`).join("\n")}
  ssl_certificate ${NGINX.certificate};
  ssl_certificate_key ${NGINX.key};
  ssl_protocols TLSv1.2 TLSv1.3;
  ssl_session_cache shared:tls:1m;
  server {
    listen ${v4}:80 default_server;
    listen [${v6}]:80 default_server;
    return 301 https://$host$request_uri;
  }
  server {
    listen ${v4}:443 ssl http2 default_server;
    listen [${v6}]:443 ssl http2 default_server;
    server_name ${portalNames(plan).join(" ")};
    add_header Strict-Transport-Security "max-age=31536000" always;
    # As portalPage (plan/targets.ts) has it: agents know the page by its hash.
    location / { return 200 "$host\\n"; }
  }
${sitesOn(plan, host)
  .map((s) => siteConfig(host.server!.address, s))
  .join("")}}
`;
}
