// What the other parts of infra use of the vault.
export { agentTokens, configKey, signedAssignments, type TokenEntry, tokenSecret } from "./agents.ts";
export { openPki, type Pki, type ServerCertificate } from "./pki.ts";
export { keepProviderSecret, PROVIDER_SECRET } from "./provider.ts";
export { forgetRootKey, restoreRootKey, sealedRootKey } from "./root-key.ts";
export { readSecret, VaultError } from "./store.ts";
export { openVault, type Vault } from "./vault.ts";
export { AUDIT_KEY, auditKey, TRANSFER_KEY, transferKey, wrongDs, zoneKeys, zoneLabel } from "./zones.ts";
