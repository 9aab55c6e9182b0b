// The preparation of a machine, in its order: each step needs those above it.
import { accounts } from "./accounts.mjs";
import { code } from "./code.mjs";
import { dependencies } from "./dependencies.mjs";
import { engine } from "./engine.mjs";
import { natives } from "./natives.mjs";
import { packages } from "./packages.mjs";
import { runtime } from "./runtime.mjs";
import { screen } from "./screen.mjs";
import { space } from "./space.mjs";
import { system } from "./system.mjs";

/** @type {readonly import("./step.mjs").Step[]} */
export const STEPS = [system, space, packages, dependencies, runtime, natives, engine, accounts, screen, code];
