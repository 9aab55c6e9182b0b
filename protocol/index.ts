// The shared words, in one import. Nothing of ours is imported by this folder.
export * from "./assignment.ts";
export * from "./finding.ts";
export * from "./frame.ts";
export * from "./incident.ts";
export * from "./registry.ts";
export * from "./tags.ts";
export * from "./target.ts";
