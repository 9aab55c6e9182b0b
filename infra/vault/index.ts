// What the other parts of infra use of the vault.
export { agentTokens, configKey, signedAssignments, type TokenEntry, tokenSecret } from "./agents.ts";
export { channelSecret, keepBrought, PROVIDER_SECRET } from "./brought.ts";
export { openPki, type Pki, type ServerCertificate } from "./pki.ts";
export { forgetRootKey, restoreRootKey, sealedRootKey } from "./root-key.ts";
export { readSecret, VaultError } from "./store.ts";
export { type TunnelKey, tunnelKey } from "./tunnels.ts";
export { openVault, type Vault } from "./vault.ts";
export { AUDIT_KEY, auditKey, TRANSFER_KEY, transferKey, wrongDs, zoneKeys, zoneLabel } from "./zones.ts";
