// From province.yaml and the vault to everything that a platform is asked to make: read → vault → plan → render → Deployment.
// The one place where infra's pure side meets the disk.
import { generateKeyPairSync } from "node:crypto";
import { join } from "node:path";
import type { Registry } from "../protocol/registry.ts";
import type { Materials } from "./deployment/facts.ts";
import { hostSpec, linkSpec } from "./deployment/host.ts";
import { standIns } from "./deployment/stand-in.ts";
import { readIntent, writeLock } from "./intent.ts";
import { planOf } from "./plan/index.ts";
import { subsetOf } from "./plan/subset.ts";
import type { Plan } from "./plan/types.ts";
import type { Deployment } from "./platforms/platform.ts";
import type { Intent, ProviderIntent } from "./province/schema.ts";
import { portalNames, type RenderFacts } from "./render/index.ts";
import {
  AUDIT_KEY,
  agentTokens,
  auditKey,
  channelSecret,
  configKey,
  openPki,
  openVault,
  PROVIDER_SECRET,
  type ServerCertificate,
  signedAssignments,
  TRANSFER_KEY,
  transferKey,
  tunnelKey,
  type Vault,
  VaultError,
  wrongDs,
  zoneKeys,
} from "./vault/index.ts";

export interface DeploymentOptions {
  provinceFile: string;
  /** The vault is the folder `vault` in it. */
  stateDir: string;
  /** The network stands already: without its lock nothing is planned. */
  provisioned?: boolean;
  /** Only looked at: new allocations are not written down. */
  preview?: boolean;
  /** The vault, too: keys, tokens and serials that it lacks are imagined. */
  look?: boolean;
  /** How many agencies; those that the file names for the lab unless given. */
  subset?: { agencies?: number };
  /** Port and address on the operator's machine, and the URL that leads to them. */
  screenPort: number;
  screenListen: string;
  screenUrl: string;
  /** Milliseconds since 1970; the clock's unless given. */
  now?: number;
}

/**
 * Reads the province and the vault (which makes what it lacks), and gives the deployment, the registry and the plan.
 * Twice with the same input gives the same deployment. Throws `ProvinceError`, `VaultError`.
 */
export async function deploymentFor(
  options: DeploymentOptions,
): Promise<{ deployment: Deployment; registry: Registry; plan: Plan }> {
  const now = options.now ?? Date.now();
  const numbering = readIntent(options.provinceFile, {
    today: new Date(now).toISOString().slice(0, 10),
    provisioned: options.provisioned ?? false,
  });
  // Before anything is made from it: what is provisioned must never be without its lock.
  if (!options.preview) writeLock(options.provinceFile, numbering.lock);
  const intent = subsetOf(numbering.intent, options.subset?.agencies);
  const vault = openVault(join(options.stateDir, "vault"), now, { look: options.look ?? false });
  const pki = await openPki(vault, intent.province.name.en);
  const plan = planOf(intent, { roots: pki.root, rootAnchor: zoneKeys(vault, "").ds });
  const { screenPort: port, screenListen: listen, screenUrl: url } = options;
  const portal = await pki.server("portal", portalNames(plan));
  const gateway = await pki.server("console", [plan.names.console]);
  const sites = new Map<string, ServerCertificate>();
  for (const s of plan.services.filter((s) => s.tls)) sites.set(s.id, await pki.server(`service/${s.id}`, [s.fqdn]));
  const publicKeys = new Map(
    [["portal", portal] as const, ["console", gateway] as const, ...sites].map(([k, v]) => [k, v.publicKeys]),
  );
  const materials: Materials = {
    ...dnsMaterials(vault, plan, publicKeys),
    pki,
    portal,
    sites,
    gateway,
    configKey: configKey(vault),
    ...agentMaterials(vault, plan, options.preview ?? false),
    sshHostKeySecret: sshHostKey(vault),
    tunnelKey: (link, host) => tunnelKey(vault, link, host),
    fingerprint: vault.fingerprint,
    ...providerOf(intent.signIn?.provider, vault, options.preview ?? false),
    console: consoleMaterials(intent, vault, options.preview ?? false),
    screen: { port, listen, url },
  };
  const bare = standIns(plan.devices);
  const deployment: Deployment = {
    province: plan.province.id,
    hosts: [...plan.hosts.map((host) => hostSpec(plan, host, materials)), ...bare.hosts],
    links: [...plan.links.map((link) => linkSpec(plan, link, materials)), ...bare.links],
  };
  return { deployment, registry: plan.registry, plan };
}

/** A secret that only the user can bring is asked for before anything is made from it; a look goes on without. */
function providerOf(provider: ProviderIntent | undefined, vault: Vault, preview: boolean): Pick<Materials, "provider"> {
  if (!provider) return {};
  if (vault.has(PROVIDER_SECRET)) return { provider };
  if (preview) return {};
  throw new VaultError("provider-secret-missing", PROVIDER_SECRET, "npx vonggac provider-secret FILE");
}

/** Channels are told of by their secrets' names; those that the vault lacks are asked for, all at once. */
function consoleMaterials(
  { notify, enrolment, retention }: Intent,
  vault: Vault,
  preview: boolean,
): Materials["console"] {
  const named = [
    ...(notify?.mail ?? []).flatMap((c) => c.passwordSecret ?? []),
    ...[...(notify?.webhooks ?? []), ...(notify?.heartbeat ? [notify.heartbeat] : [])].map((c) => c.keySecret),
  ];
  const [secrets, missing] = [new Set<string>(), [] as string[]];
  for (const name of named) vault.has(channelSecret(name)) ? secrets.add(name) : missing.push(name);
  if (missing.length > 0 && !preview)
    throw new VaultError("channel-secret-missing", missing.join(", "), "npx vonggac channel-secret NAME FILE");
  return { notify, enrolment, retention, secrets: [...secrets] };
}

function dnsMaterials(
  vault: Vault,
  plan: Plan,
  publicKeys: RenderFacts["publicKeys"],
): Pick<Materials, "render" | "transferSecret" | "auditSecret"> {
  const broken = plan.zones.flatMap((z) => z.children.filter((c) => c.broken));
  return {
    render: {
      zones: new Map(plan.zones.map((z) => [z.name, zoneKeys(vault, z.name)])),
      wrongDs: new Map(broken.map((c) => [c.name, wrongDs(vault, c.name)])),
      publicKeys,
      transferKey: TRANSFER_KEY,
      auditKey: AUDIT_KEY,
    },
    transferSecret: transferKey(vault),
    auditSecret: auditKey(vault),
  };
}

function agentMaterials(vault: Vault, plan: Plan, preview: boolean): Pick<Materials, "tokens" | "assignments"> {
  const agents = plan.registry.agents.map((a) => a.id);
  return {
    tokens: agentTokens(vault, agents, preview),
    assignments: signedAssignments(vault, agents, plan.registry.targets),
  };
}

/** ECDSA: sshd reads PKCS#8 of this kind, and not of Ed25519. */
function sshHostKey(vault: Vault): string {
  const name = "ssh/bastion.key";
  vault.ensure(name, () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    return privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  });
  return name;
}
