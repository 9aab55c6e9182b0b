// The public half of the vault, as the pure side needs it: gathered once, before anything is planned.

import type { SignedAssignment } from "../../protocol/assignment.ts";
import type { Intent, ProviderIntent } from "../province/schema.ts";
import type { RenderFacts } from "../render/index.ts";
import type { Pki, TokenEntry, TunnelKey } from "../vault/index.ts";

/** What a host's files are made of besides the plan. Secrets stand here by name and fingerprint only. */
export interface Materials {
  render: RenderFacts;
  pki: Pki;
  portal: { chain: string; keySecret: string };
  /** By service. */
  sites: ReadonlyMap<string, { chain: string; keySecret: string }>;
  gateway: { chain: string; keySecret: string };
  /** PEM by which agents know what was signed for them. */
  configKey: string;
  tokens: TokenEntry[];
  assignments: SignedAssignment[];
  transferSecret: string;
  auditSecret: string;
  sshHostKeySecret: string;
  /** Of a line's end, by the line's id and the host's: only for lines over the Internet. */
  tunnelKey(link: string, host: string): TunnelKey;
  fingerprint(secret: string): string;
  /** The identity provider by which people come to the console, and its client's secret in the vault. */
  provider?: ProviderIntent;
  /** What province.yaml says of the console itself, and which secrets of its channels the vault has. */
  console: Pick<Intent, "notify" | "enrolment" | "retention"> & { secrets: readonly string[] };
  screen: { port: number; listen: string; url: string };
}
