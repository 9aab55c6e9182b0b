// Every detector that there is; a new one is a new line here.
import type { TargetKind } from "../../protocol/target.ts";
import type { Detector } from "../check.ts";
import { sshBruteForce } from "./ssh-brute-force.ts";

export const DETECTORS: { readonly [K in TargetKind]?: Detector<K> } = { "ssh-log": sshBruteForce };
