#!/usr/bin/env node
// The command line's entry: the compile cache first, then the program (vonggac.ts), so that it is read through the cache. Plain
// JavaScript, because the first TypeScript file that is not in the cache loads Node's whole reader of types.
import "../setup/compile-cache.mjs";
import { bundled } from "../setup/bundled.mjs";

await import(bundled(process.argv[2]) ?? "./vonggac.ts");
