// Debian's Postfix with a configuration, queue and spool of its own, on loopback: a real SMTP server that takes mail into a mailbox
// file, or refuses as the test asks. It shares nothing with a mail system of the machine.
import { execFile } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { makeCa, type Pair, serverLeaf } from "./pki.ts";

const run = promisify(execFile);
const POSTFIX = "/usr/sbin/postfix";

/** Why there is none here, or undefined. */
export const whyNoPostfix = (): string | undefined =>
  !existsSync(POSTFIX)
    ? "no postfix: apt-get install postfix"
    : process.getuid?.() !== 0
      ? "postfix is started by root"
      : undefined;

export interface PostfixOptions {
  port: number;
  /** Addresses on which it listens. */
  addresses?: string[];
  hostname?: string;
  /** What its certificate is made for, where that is not its name. */
  certified?: string;
  ca?: Pair;
  /** Lines of main.cf that stand above the rest. */
  main?: Record<string, string>;
  /** Receivers, and what is said to them: `550 5.1.1 no such user`, `450 4.2.0 come later`. */
  access?: Record<string, string>;
  /** Runs it within a network namespace. */
  netns?: string;
}

export interface Postfix {
  ca: Pair;
  /** All mail that it took, oldest first, raw. */
  mails(): string[];
  set(values: Record<string, string>): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
  end(): Promise<void>;
  folder: string;
}

export async function startPostfix(o: PostfixOptions): Promise<Postfix> {
  const folder = mkdtempSync(join(tmpdir(), "vonggac-postfix-"));
  const at = (...parts: string[]) => join(folder, ...parts);
  const hostname = o.hostname ?? "mail.test";
  const ca = o.ca ?? (await makeCa("mail"));
  const leaf = await serverLeaf(ca, o.certified ?? hostname);
  chmodSync(folder, 0o755);
  for (const [dir, mode] of [
    ["etc", 0o755],
    ["spool", 0o755],
    ["lib", 0o700],
    ["mail", 0o777],
  ] as const) {
    mkdirSync(at(dir));
    chmodSync(at(dir), mode);
  }
  await run("chown", ["postfix", at("lib")]);
  writeFileSync(at("etc", "server.crt"), leaf.cert);
  writeFileSync(at("etc", "server.key"), leaf.key, { mode: 0o600 });
  writeFileSync(
    at("etc", "access"),
    Object.entries(o.access ?? {})
      .map(([who, what]) => `${who} ${what}\n`)
      .join(""),
  );
  const values: Record<string, string> = {
    compatibility_level: "3.6",
    queue_directory: at("spool"),
    data_directory: at("lib"),
    command_directory: "/usr/sbin",
    daemon_directory: "/usr/lib/postfix/sbin",
    mail_owner: "postfix",
    setgid_group: "postdrop",
    shlib_directory: "/usr/lib/postfix",
    meta_directory: "/etc/postfix",
    maillog_file: at("mail", "log"),
    maillog_file_prefixes: "/tmp",
    inet_interfaces: (o.addresses ?? ["127.0.0.1"]).join(", "),
    inet_protocols: "all",
    myhostname: hostname,
    mydestination: "",
    mynetworks: "",
    virtual_mailbox_domains: "mail.test",
    virtual_mailbox_base: at("mail"),
    virtual_mailbox_maps: "static:all",
    virtual_uid_maps: "static:65534",
    virtual_gid_maps: "static:65534",
    smtpd_tls_cert_file: at("etc", "server.crt"),
    smtpd_tls_key_file: at("etc", "server.key"),
    smtpd_tls_security_level: "encrypt",
    smtpd_relay_restrictions: "reject_unauth_destination",
    smtpd_recipient_restrictions: `check_recipient_access texthash:${at("etc", "access")}, reject_unauth_destination`,
    smtpd_peername_lookup: "no",
    smtp_dns_support_level: "disabled",
    alias_maps: "",
    alias_database: "",
    biff: "no",
    ...o.main,
  };
  const writeMain = () =>
    writeFileSync(
      at("etc", "main.cf"),
      Object.entries(values)
        .map(([k, v]) => `${k} = ${v}\n`)
        .join(""),
    );
  writeMain();
  writeFileSync(at("etc", "master.cf"), master(o.port));
  const inPlace = (argv: string[]) =>
    o.netns === undefined ? run(argv[0]!, argv.slice(1)) : run("ip", ["netns", "exec", o.netns, ...argv]);
  const postfix = (verb: string) => inPlace([POSTFIX, "-c", at("etc"), verb]);
  const start = async () => {
    await postfix("start");
  };
  const stop = async () => {
    await postfix("stop");
  };
  await start();
  return {
    folder,
    ca,
    mails() {
      const box = at("mail", "all");
      if (!existsSync(box)) return [];
      return readFileSync(box, "utf8")
        .split(/^From \S+ {2}.*$/m)
        .map((m) => m.trim())
        .filter((m) => m !== "");
    },
    async set(more) {
      Object.assign(values, more);
      writeMain();
      await postfix("reload");
    },
    start,
    stop,
    async end() {
      await stop().catch(() => undefined);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The services that taking mail into a file needs, and no more. */
const master = (port: number): string => `
${port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
tlsmgr unix - - n 1000? 1 tlsmgr
showq unix n - n - - showq
postlog unix-dgram n - n - 1 postlogd
`;
