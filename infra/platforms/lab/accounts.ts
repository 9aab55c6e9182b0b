// Accounts of this machine by name, as numbers; and the project's own three, made when set-up has not made them.
import { readFileSync } from "node:fs";
import { LabError } from "./errors.ts";
import { run } from "./exec.ts";

const OWN_ACCOUNTS = ["vonggac-agent", "vonggac-console", "vonggac-ca"];

const table = (file: string): Map<string, string[]> =>
  new Map(
    readFileSync(file, "utf8")
      .split("\n")
      .filter(Boolean)
      .map((line) => line.split(":"))
      .map((fields) => [fields[0]!, fields]),
  );

/** User and group numbers of "user:group". Throws `account-missing`. */
export function ownerIds(owner: string): { uid: number; gid: number } {
  const [user, group] = owner.split(":") as [string, string | undefined];
  const passwd = table("/etc/passwd").get(user);
  if (!passwd) throw missing(user, "user");
  if (group === undefined) return { uid: Number(passwd[2]), gid: Number(passwd[3]) };
  const entry = table("/etc/group").get(group);
  if (!entry) throw missing(group, "group");
  return { uid: Number(passwd[2]), gid: Number(entry[2]) };
}

const missing = (name: string, kind: string) =>
  new LabError(
    "account-missing",
    name,
    `this machine has no ${kind} of that name`,
    "run npm start: its packages and set-up make it",
  );

let ensured: Promise<void> | undefined;

/** Makes the project's system accounts (no home, no shell) if they are not there. Once a process. */
export const ensureOwnAccounts = (): Promise<void> => {
  ensured ??= makeAccounts();
  return ensured;
};

async function makeAccounts(): Promise<void> {
  for (const name of OWN_ACCOUNTS) {
    if (table("/etc/passwd").has(name)) continue;
    await run([
      "useradd",
      "--system",
      "--user-group",
      "--no-create-home",
      "--home-dir",
      "/nonexistent",
      "--shell",
      "/usr/sbin/nologin",
      name,
    ]);
  }
}
