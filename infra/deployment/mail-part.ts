// Postfix, a mail exchanger of the province. Pure.
import type { Plan, PlannedHost } from "../plan/types.ts";
import { MAIL_ACCOUNT, mailOn, POSTFIX, postfixMain, postfixMaster, postfixReceivers, QUEUE } from "../render/index.ts";
import type { Materials } from "./facts.ts";
import { directory, type Part, paths, secret, text } from "./part.ts";

const ACCOUNT = "postfix:postfix";

/** Its master is root and reads the key; what speaks with the world is not. */
export function mailPart(plan: Plan, host: PlannedHost, m: Materials): Part {
  const { chain, keySecret } = m.sites.get(mailOn(plan, host).id)!;
  const files = [
    text(POSTFIX.main, postfixMain(plan, host)),
    text(POSTFIX.master, postfixMaster()),
    text(POSTFIX.receivers, postfixReceivers(plan)),
    text(POSTFIX.certificate, chain),
    secret(m, POSTFIX.key, keySecret, "root:root"),
  ];
  return {
    directories: [
      directory(POSTFIX.folder),
      directory(`${POSTFIX.folder}/tls`),
      directory(POSTFIX.queue),
      ...QUEUE.map(([name, mode, owner]) => directory(`${POSTFIX.queue}/${name}`, mode, owner)),
      directory(POSTFIX.state, "0700", ACCOUNT),
      directory(`${POSTFIX.mailboxes}/${POSTFIX.mailbox}`, "0700", `${MAIL_ACCOUNT.name}:${MAIL_ACCOUNT.name}`),
    ],
    files,
    daemons: [
      {
        name: "postfix",
        argv: ["/usr/lib/postfix/sbin/master", "-c", POSTFIX.folder, "-s"],
        prepare: [["postconf", "-c", POSTFIX.folder, "-n"]],
        user: "root",
        restart: "once",
        files: paths(files),
        reload: { files: paths(files), argv: ["postfix", "-c", POSTFIX.folder, "reload"] },
        log: "/var/log/postfix/mail.log",
        role: "service",
      },
    ],
  };
}
