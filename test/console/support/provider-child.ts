// An identity provider as a process of its own (npm oidc-provider over TLS): `provider-child.ts PORT KEY CERT REDIRECT SECRET`.
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
// @ts-expect-error: it brings no types.
import Provider from "oidc-provider";

const [port, key, cert, redirect, secret] = process.argv.slice(2);
const provider = new Provider(`https://localhost:${port}`, {
  clients: [{ client_id: "vonggac", client_secret: secret, redirect_uris: [redirect] }],
  claims: { openid: ["sub", "groups"], profile: ["name"] },
  conformIdTokenClaims: false,
  cookies: { keys: ["test"] },
  findAccount: (_ctx: unknown, sub: string) => ({
    accountId: sub,
    claims: () => ({ sub, name: `Người ${sub}`, groups: sub === "lan" ? ["soc"] : ["others"] }),
  }),
});
createServer({ key: readFileSync(key!), cert: readFileSync(cert!) }, provider.callback()).listen(
  Number(port),
  "127.0.0.1",
  () => console.log("provider-listens"),
);
