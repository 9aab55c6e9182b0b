// Follows one log file by polling: rotation (another file under the same name), truncation, lines written in parts. Reads at
// most MAX_READ a call, so that a flood cannot hold the agent. Without a cursor it begins at the end of a file that is already
// there (what is old is not news), and at the beginning of one that appears later.
import { closeSync, fstatSync, openSync, readSync, type Stats, statSync } from "node:fs";
import type { Cursor, Tail } from "../check.ts";
import { AgentError } from "../errors.ts";
import { type LineCutter, makeLineCutter } from "../wire/lines.ts";

const MAX_READ = 1_048_576;

interface Open {
  fd: number;
  inode: string;
  /** Bytes read so far. */
  at: number;
  cutter: LineCutter;
}

export function makeTail(path: string, from: Cursor | undefined): Tail {
  let open: Open | undefined;
  let first = true;
  const buffer = Buffer.alloc(65_536);
  return {
    read() {
      const onDisk = stat(path);
      const lines: string[] = [];
      if (open) {
        if (fstatSync(open.fd).size < open.at) restart(open);
        readOn(open, buffer, lines);
        // What stands under the name now is another file: the old one was read to its end just before.
        if (onDisk && inodeOf(onDisk) !== open.inode && fstatSync(open.fd).size <= open.at) close();
      }
      if (!open && onDisk) {
        open = begin(path, onDisk);
        readOn(open, buffer, lines);
      }
      if (!open && !onDisk) {
        first = false;
        throw new AgentError("log-unreadable", `${path} does not exist`);
      }
      first = false;
      return { lines, cursor: open && { inode: open.inode, offset: open.at - open.cutter.pending() } };
    },
    close,
  };

  function begin(file: string, found: Stats): Open {
    const fd = openForReading(file);
    const inode = inodeOf(fstatSync(fd));
    const resumed = from?.inode === inode && from.offset <= found.size ? from.offset : undefined;
    const at = resumed ?? (first && !from ? found.size : 0);
    return { fd, inode, at, cutter: makeLineCutter() };
  }

  function close() {
    if (open) closeSync(open.fd);
    open = undefined;
  }
}

function restart(open: Open) {
  open.at = 0;
  open.cutter = makeLineCutter();
}

function readOn(open: Open, buffer: Buffer, lines: string[]) {
  for (let total = 0; total < MAX_READ; ) {
    const size = readSync(open.fd, buffer, 0, buffer.length, open.at);
    if (size === 0) return;
    open.at += size;
    total += size;
    lines.push(...open.cutter.push(buffer.subarray(0, size)));
  }
}

const inodeOf = (found: Stats) => `${found.dev}:${found.ino}`;

function stat(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new AgentError("log-unreadable", path, error);
  }
}

function openForReading(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw new AgentError("log-unreadable", path, error);
  }
}
