// Watches files that are replaced as a whole: tells once, a moment after the last change. A notification is a hint only;
// a slow look at the file makes up for those that a mount or an editor swallows.
import { type FSWatcher, statSync, watch } from "node:fs";
import { basename, dirname } from "node:path";

export interface FileWatch {
  close(): void;
}

/** Calls `changed` after `path` became other than it was and stayed so for `debounceMs`. */
export function watchFile(path: string, changed: () => void, debounceMs = 200, lookEveryMs = 2_000): FileWatch {
  let seen = stampOf(path);
  let timer: NodeJS.Timeout | undefined;
  const look = () => {
    const stamp = stampOf(path);
    if (stamp === seen) return;
    seen = stamp;
    clearTimeout(timer);
    timer = setTimeout(changed, debounceMs);
  };
  const slow = setInterval(look, lookEveryMs);
  const fast = watcherOf(dirname(path), (name) => {
    if (name === null || name === basename(path)) look();
  });
  return {
    close() {
      clearInterval(slow);
      clearTimeout(timer);
      fast?.close();
    },
  };
}

function watcherOf(folder: string, hint: (name: string | null) => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, (_event, name) => hint(name));
    watcher.on("error", () => watcher.close());
    return watcher;
  } catch {
    // No inotify instance left, or no folder: the slow look finds the change.
    return undefined;
  }
}

function stampOf(path: string): string {
  const s = statSync(path, { bigint: true, throwIfNoEntry: false });
  return s ? `${s.ino} ${s.size} ${s.mtimeNs}` : "absent";
}
