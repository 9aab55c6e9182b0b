// The secret of the console's client at an identity provider: the one secret that the user brings, since the provider made it.
import type { Vault } from "./vault.ts";

export const PROVIDER_SECRET = "people/provider-secret";

/** Keeps it. An end of line at its end is no part of it. */
export const keepProviderSecret = (vault: Vault, secret: string): void => vault.write(PROVIDER_SECRET, secret.trim());
