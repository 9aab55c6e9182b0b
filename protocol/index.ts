// The shared words, in one import. Nothing of ours is imported by this folder.
export * from "./assignment.ts";
export * from "./casework.ts";
export * from "./finding.ts";
export * from "./frame.ts";
export * from "./incident.ts";
export * from "./lifecycle.ts";
export * from "./registry.ts";
export * from "./silence.ts";
export * from "./tags.ts";
export * from "./target.ts";
