// Which of the machine's folders a host covers with its own, so that rendered texts carry the paths of production. Pure:
// gives the text of a script that is run inside `ip netns exec`, whose mounts die with the process.
import { posix } from "node:path";
import { LabError } from "./errors.ts";
import { quote } from "./exec.ts";
import type { HostInputs } from "./model.ts";

/** What is covered: a folder of the machine, or one file. */
export interface Cover {
  path: string;
  kind: "folder" | "file";
}

const DEEP = new Set(["lib", "cache", "spool", "www"]);

/** The covers that a host's files, directories, durable folders and logs ask for, `/run` last. Throws `path-not-bindable`. */
export function coversOf(inputs: HostInputs): Cover[] {
  const paths = [
    ...Object.keys(inputs.files).map((path) => ({ path, file: true })),
    ...Object.keys(inputs.directories).map((path) => ({ path, file: false })),
    ...Object.keys(inputs.keep).map((path) => ({ path, file: false })),
    ...Object.values(inputs.daemons).map((d) => ({ path: d.log, file: true })),
  ];
  const covers = new Map<string, Cover>();
  for (const { path, file } of paths) {
    const cover = coverOf(inputs.host, path, file);
    if (covers.get(cover.path)?.kind !== "folder") covers.set(cover.path, cover);
  }
  covers.delete("/run");
  if (inputs.resolvers.length > 0) covers.set("/etc/resolv.conf", { path: "/etc/resolv.conf", kind: "file" });
  return [...covers.values()].sort((a, b) => a.path.localeCompare(b.path)).concat({ path: "/run", kind: "folder" });
}

function coverOf(host: string, path: string, file: boolean): Cover {
  const clean = posix.normalize(path);
  const [, top, second, third] = clean.split("/");
  if (top === "run") return { path: "/run", kind: "folder" };
  if (top === "var" && second === "log") return { path: "/var/log", kind: "folder" };
  if (top === "var" && DEEP.has(second ?? "") && third) return { path: `/var/${second}/${third}`, kind: "folder" };
  if ((top === "etc" || top === "srv") && second)
    return { path: `/${top}/${second}`, kind: file && clean === `/${top}/${second}` ? "file" : "folder" };
  throw new LabError(
    "path-not-bindable",
    `${host}:${path}`,
    "a host owns paths below /run, /etc/<daemon>, /srv, /var/log and /var/{lib,cache,spool,www}/<daemon>",
    "render the file below one of these",
  );
}

/**
 * The script `enter`: covers the machine's folders and then becomes the command that it was given. Order matters: `/run`
 * holds the sources of all the others, so it is covered last, and recursively, with what was mounted below it.
 */
export function enterScript(root: string, inputs: HostInputs, lab: { stateDir: string; checkout: string }): string {
  const bind = (from: string, to: string, option = "--bind") => `mount ${option} ${quote(from)} ${quote(to)}`;
  return [
    "#!/bin/sh",
    `# The own view of host ${inputs.host}. Usage: ip netns exec <its namespace> <this file> command …`,
    "set -e",
    ...Object.entries(inputs.keep).map(([path, { name }]) =>
      bind(posix.join(lab.stateDir, name), posix.join(root, path)),
    ),
    ...(inputs.runtime
      ? [
          bind(lab.checkout, posix.join(root, "opt/vonggac"), "-o bind,ro"),
          bind(posix.join(root, "opt"), "/opt", "--rbind"),
        ]
      : []),
    ...coversOf(inputs).map(({ path }) => bind(posix.join(root, path), path, path === "/run" ? "--rbind" : "--bind")),
    "cd /",
    'exec "$@"',
    "",
  ].join("\n");
}
