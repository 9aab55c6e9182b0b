// How agents get into the field: the package, its signature, and the command that installs it (docs/field.md).
export { makeDeadmanPackage } from "./deadman.ts";
export { newReleaseKey } from "./keys.ts";
export { offerRelease } from "./offer.ts";
export { installCommand, makePackage, readPackage, signPackage } from "./package.ts";
