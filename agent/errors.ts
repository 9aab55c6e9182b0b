// Everything that the agent itself can fail of, by name. Each is logged with where it happened and what to do; none is
// thrown away. Imports nothing.

const REMEDIES = {
  "config-unreadable": "check that the file named by --config exists and that the agent's account may read it",
  "config-invalid": "correct the member named; docs/architecture.md shows the file",
  "state-unwritable": "give the agent's account the state folder, and look for free space",
  "outbox-in-use": "another agent runs with this state folder: stop one of the two",
  "outbox-set-aside":
    "the outbox could not be read; it was renamed and a new one begun: unsent items stand in the old file",
  "outbox-in-memory": "the disk refuses writing: free space; until then unsent items are lost if the agent stops",
  "outbox-rolled-back": "the state folder is older than what was sent (a restored image): a new epoch was begun",
  "item-too-large": "one item is larger than a frame may be: it was dropped, please report the check",
  "assignment-not-signed":
    "the console sent an assignment that the configuration key did not sign: nothing was changed",
  "assignment-invalid": "agent and plan do not understand each other: update the older of the two",
  "assignment-not-mine": "the console sent another agent's assignment: nothing was changed",
  "assignment-older": "the console sent an older assignment: nothing was changed",
  "identity-unusable": "key and certificate in the state folder do not fit: enrol again with a new token",
  "enrol-unreachable": "the console cannot be reached: check the address and the way to it; it is tried again",
  "enrol-refused": "ask for a new one-time token for this agent",
  "enrol-failed": "look at the detail; it is tried again",
  "release-not-signed":
    "a release by another key than the one pinned at installation was offered: find out who offers it",
  "release-invalid": "what was offered is no release: package it again",
  "release-other-machine": "offer this agent a release for its own kind of machine",
  "release-older": "releases never go back: make and sign a new one, with the older code if need be",
  "release-damaged": "the payload is not the one that was signed: offer the package again",
  "release-no-space": "free space on the agent's machine; it is tried again with the next release",
  "release-unfetched": "the console could not be asked: it is tried again",

  "log-unreadable": "give the agent's account read access to the log (a group, not root)",
} as const;
export type AgentErrorCode = keyof typeof REMEDIES;

/** A named failure with its place, its cause and what to do about it. */
export class AgentError extends Error {
  override readonly name = "AgentError";
  readonly code: AgentErrorCode;
  readonly remedy: string;

  constructor(code: AgentErrorCode, detail: string, cause?: unknown) {
    super(`${code}: ${detail}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.remedy = REMEDIES[code];
  }
}
