// The person's own device as the browser reaches it (WebAuthn): asked to sign, or to make a key. What goes in and out is the
// console's and the browser's own JSON; nothing of it is kept in the page.

/** Whether a passkey can be used here: not over plain HTTP from elsewhere, nor by a bare address. */
export const devicesReachable = (): boolean =>
  isSecureContext &&
  typeof PublicKeyCredential === "function" &&
  typeof PublicKeyCredential.parseRequestOptionsFromJSON === "function" &&
  !/^[\d.]+$|^\[/.test(location.hostname);

/** What the device answers, for the console to judge; undefined when the person would not, or no device of theirs fits. */
export async function askDevice(options: object): Promise<object | undefined> {
  try {
    // Only what a new key is made from names its owner.
    const credential =
      "user" in options
        ? await navigator.credentials.create({
            publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(
              options as PublicKeyCredentialCreationOptionsJSON,
            ),
          })
        : await navigator.credentials.get({
            publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(
              options as PublicKeyCredentialRequestOptionsJSON,
            ),
          });
    return (credential as PublicKeyCredential | null)?.toJSON();
  } catch {
    return undefined;
  }
}
