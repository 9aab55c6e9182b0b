// How bad a finding is. A file of its own, so that whoever only compares severities does not load the schemas' library.

/** From worst to mildest. Tables (tags.ts) give each tag one; a user's profile may change it. */
export const SEVERITIES = ["critical", "high", "medium", "low", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];
