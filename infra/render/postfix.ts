// The texts of Postfix's main.cf, master.cf and map of receivers: a mail exchanger of the province. It takes mail for the domain, with
// TLS where the other side can (RFC 3207), carries what the province sends, with DANE where the other side has it (RFC 7672), and
// relays for nobody else. Pure.
import type { Plan, PlannedHost, PlannedService } from "../plan/types.ts";

export const POSTFIX = {
  folder: "/etc/postfix",
  main: "/etc/postfix/main.cf",
  master: "/etc/postfix/master.cf",
  receivers: "/etc/postfix/receivers",
  certificate: "/etc/postfix/tls/mail.crt",
  key: "/etc/postfix/tls/mail.key",
  queue: "/var/spool/postfix",
  state: "/var/lib/postfix",
  /** Debian's own place for mail. */
  mailboxes: "/var/spool/mail",
  mailbox: "province",
} as const;

/** Whose files the mailboxes are: Debian's account for mail, by number, since Postfix asks for one. */
export const MAIL_ACCOUNT = { name: "mail", id: 8 } as const;

/** Folders of the queue with their mode and owner, as Postfix itself would make them (postfix-files, 3.7). */
export const QUEUE: readonly (readonly [name: string, mode: string, owner: string])[] = [
  ...["active", "bounce", "corrupt", "defer", "deferred", "flush", "hold", "incoming", "private", "saved", "trace"].map(
    (name) => [name, "0700", "postfix:root"] as const,
  ),
  ["pid", "0755", "root:root"],
  ["public", "2710", "postfix:postdrop"],
];

/** RFC 5321 §4.5.1, RFC 2142: whom everybody may write to; hostmaster stands in the zone's SOA and CAA. */
const RECEIVERS = ["postmaster", "hostmaster", "abuse", "security"];
const MAX_MESSAGE_BYTES = 26_214_400;

/** The mail service that this server gives; validation has made sure that there is one. */
export const mailOn = (plan: Plan, host: PlannedHost): PlannedService =>
  plan.services.find((s) => s.tls === "smtp" && s.host === host.id)!;

export const postfixReceivers = (plan: Plan): string =>
  RECEIVERS.map((name) => `${name}@${plan.province.domain} ${POSTFIX.mailbox}/\n`).join("");

export function postfixMain(plan: Plan, host: PlannedHost): string {
  const { v4, v6 } = host.server!.address;
  const { domain, aggregate, private4 } = plan.province;
  const ours = ["127.0.0.0/8", "[::1]/128", aggregate.v4, private4, bracketed(aggregate.v6)];
  const values: [string, string][] = [
    ["compatibility_level", "3.6"],
    ["queue_directory", POSTFIX.queue],
    ["data_directory", POSTFIX.state],
    ["maillog_file", "/dev/stdout"],
    ["myhostname", mailOn(plan, host).fqdn],
    ["mydomain", domain],
    ["inet_interfaces", `${v4}, [${v6}]`],
    ["inet_protocols", "all"],
    // IPv6 first: what goes out shows that it works.
    ["smtp_address_preference", "ipv6"],
    ["smtp_bind_address", v4],
    ["smtp_bind_address6", v6],
    ["mydestination", ""],
    ["alias_maps", ""],
    ["alias_database", ""],
    ["local_transport", "error:no account of this host takes mail"],
    ["virtual_mailbox_domains", domain],
    ["virtual_mailbox_base", POSTFIX.mailboxes],
    ["virtual_mailbox_maps", `texthash:${POSTFIX.receivers}`],
    ["virtual_minimum_uid", String(MAIL_ACCOUNT.id)],
    ["virtual_uid_maps", `static:${MAIL_ACCOUNT.id}`],
    ["virtual_gid_maps", `static:${MAIL_ACCOUNT.id}`],
    ["mynetworks", ours.join(", ")],
    ["smtpd_relay_restrictions", "permit_mynetworks, reject_unauth_destination"],
    ["smtpd_helo_required", "yes"],
    ["smtpd_sender_restrictions", "reject_non_fqdn_sender"],
    ["smtpd_recipient_restrictions", "reject_non_fqdn_recipient, reject_unlisted_recipient"],
    ["smtpd_client_restrictions", "permit_mynetworks, reject_unauth_pipelining"],
    ["smtpd_data_restrictions", "reject_unauth_pipelining"],
    // CVE-2023-51764: one message must not hide a second one.
    ["smtpd_forbid_bare_newline", "normalize"],
    ["disable_vrfy_command", "yes"],
    // RFC 1985 is for lines that were dialled.
    ["smtpd_discard_ehlo_keywords", "etrn, silent-discard"],
    ["smtpd_banner", "$myhostname ESMTP"],
    ["message_size_limit", String(MAX_MESSAGE_BYTES)],
    ["smtpd_client_connection_rate_limit", "120"],
    ["smtpd_client_message_rate_limit", "120"],
    ["smtpd_hard_error_limit", "10"],
    // Of a public exchanger TLS can be asked for by nobody but the sender (RFC 3207 §4).
    ["smtpd_tls_security_level", "may"],
    ["smtpd_tls_chain_files", `${POSTFIX.key}, ${POSTFIX.certificate}`],
    ["smtpd_tls_mandatory_protocols", ">=TLSv1.2"],
    ["smtpd_tls_protocols", ">=TLSv1.2"],
    ["smtpd_tls_received_header", "yes"],
    ["smtpd_tls_loglevel", "1"],
    ["smtp_dns_support_level", "dnssec"],
    ["smtp_tls_security_level", "dane"],
    ["smtp_tls_protocols", ">=TLSv1.2"],
    ["smtp_tls_loglevel", "1"],
    ["biff", "no"],
  ];
  return values.map(([name, value]) => `${name} = ${value}\n`).join("");
}

const bracketed = (prefix: string) => prefix.replace(/^(.*)\/(\d+)$/, "[$1]/$2");

/** What taking and sending mail needs, and nothing by which an account of the host could send. */
export const postfixMaster = (): string => `smtp inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`;
