// Signing in at an identity provider (OpenID Connect: authorization code with PKCE, state and nonce; openid-client checks the rest).
// Rules: what was begun in one browser ends in that browser; the code goes once, from here, to the provider; no token of the
// provider is kept; who gets no role by the operator's table does not come in; whoever comes in was asked for their proof just now, since
// signing in is also how the proof for a privileged act is given anew: a browser that the provider still knows proves nobody.
// `state` says whether the provider answers.
import { randomBytes } from "node:crypto";
import * as oidc from "openid-client";
import type { Logger } from "../../log.ts";
import { type ClaimRow, grantedBy } from "../../people/claims.ts";
import type { Account } from "../../people/records.ts";
import type { Provider } from "../../people/sign-in.ts";
import { messageOf } from "../../problem.ts";
import type { Backend } from "../ports.ts";
import { type Refused, refuse } from "../route.ts";
import { hashOf } from "./codes.ts";

export interface ProviderSettings {
  /** As people read it on the sign-in page. */
  name: string;
  issuer: string;
  clientId: string;
  clientSecret: string;
  scope: string;
  rows: readonly ClaimRow[];
  /** Tests only: a provider on loopback without TLS, asked more often. */
  insecure?: true;
  askEveryMs?: number;
}

export const CALLBACK = "/api/signin/provider/callback";
const FLOW_LIVES_MS = 10 * 60_000;
/** As long as one may take from the provider's question to here (OpenID Connect Core §3.1.2.1, max_age; §2, auth_time). */
const PROVED_WITHIN_SECONDS = 300;
const MOST_FLOWS = 1_000;
const ASK_EVERY_MS = 15_000;
const TIMEOUT_SECONDS = 5;

interface Flow {
  state: string;
  nonce: string;
  verifier: string;
  expiresAt: number;
}

export interface ProviderDesk {
  name: string;
  state(): Provider;
  /** Where the browser goes, and the cookie that it comes back with. */
  begin(redirect: URL): Promise<{ to: string; flow: string } | Refused>;
  /** Who came back; `back` is the address that the browser was sent to. */
  finish(flow: string | undefined, back: URL): Promise<Account | Refused>;
  close(): void;
}

export function providerDesk(settings: ProviderSettings, backend: Backend, log: Logger): ProviderDesk {
  const flows = new Map<string, Flow>();
  let known: oidc.Configuration | undefined;
  let up: Provider = "up";
  const note = (now: Provider, detail: string): void => {
    if (now !== up) log[now === "up" ? "info" : "error"]({ event: `identity-provider-${now}`, detail });
    up = now;
  };
  /** Asks the provider for its own description: the proof that it answers. */
  const discover = async (): Promise<oidc.Configuration | undefined> => {
    try {
      const execute = settings.insecure ? [oidc.allowInsecureRequests] : [];
      const options = { execute, timeout: TIMEOUT_SECONDS };
      known = await oidc.discovery(
        new URL(settings.issuer),
        settings.clientId,
        settings.clientSecret,
        undefined,
        options,
      );
      note("up", settings.issuer);
      return known;
    } catch (error) {
      note("down", messageOf(error));
      return undefined;
    }
  };
  const timer = setInterval(() => void discover(), settings.askEveryMs ?? ASK_EVERY_MS);
  timer.unref();
  void discover();

  return {
    name: settings.name,
    state: () => up,
    async begin(redirect) {
      const config = (up === "up" && known) || (await discover());
      if (!config) return refuse("provider-down");
      const flow = randomBytes(24).toString("base64url");
      const verifier = oidc.randomPKCECodeVerifier();
      const [state, nonce] = [oidc.randomState(), oidc.randomNonce()];
      flows.set(key(flow), { state, nonce, verifier, expiresAt: backend.monotonic() + FLOW_LIVES_MS });
      if (flows.size > MOST_FLOWS) flows.delete(flows.keys().next().value!);
      const to = oidc.buildAuthorizationUrl(config, {
        redirect_uri: redirect.href,
        scope: settings.scope,
        code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
        code_challenge_method: "S256",
        state,
        nonce,
        prompt: "login",
        max_age: "0",
      });
      return { to: to.href, flow };
    },
    async finish(flow, back) {
      const begun = flow === undefined ? undefined : flows.get(key(flow));
      if (!begun || !known || begun.expiresAt <= backend.monotonic()) return refuse("ticket-invalid");
      flows.delete(key(flow!));
      try {
        const checks = { pkceCodeVerifier: begun.verifier, expectedState: begun.state, expectedNonce: begun.nonce };
        const tokens = await oidc.authorizationCodeGrant(known, back, {
          ...checks,
          idTokenExpected: true,
          maxAge: PROVED_WITHIN_SECONDS,
        });
        const claims = tokens.claims();
        return claims ? accountOf(claims, settings, backend) : refuse("provider-refused");
      } catch (error) {
        // The message names what was wrong with the answer, never the answer.
        log.warn({ problem: "provider-refused", detail: messageOf(error) });
        return refuse("provider-refused");
      }
    },
    close: () => clearInterval(timer),
  };
}

const key = (flow: string): string => Buffer.from(hashOf(flow)).toString("hex");

/** The account of whoever the provider vouches for: made at the first sign-in, its rights set anew by the table at each. */
function accountOf(claims: oidc.IDToken, settings: ProviderSettings, backend: Backend): Account | Refused {
  const { accounts, audit, transaction, now } = backend;
  const granted = grantedBy(settings.rows, claims);
  const agencies = granted.ok ? granted.agencies.filter(backend.hasAgency) : [];
  // Agencies that are all unknown here must not become the whole province.
  if (!granted.ok || agencies.length < granted.agencies.length) return refuse("no-role");
  const subject = `${claims.iss} ${claims.sub}`;
  const before = accounts.bySubject(subject);
  if (before && before.state !== "active") return refuse("no-role");
  const uid = before?.uid ?? `p-${randomBytes(8).toString("hex")}`;
  const account: Account = {
    uid,
    // A name at the provider may be another's name here: the account's own id makes it one of a kind.
    name: before?.name ?? `oidc.${uid.slice(2)}`,
    display: String(claims["name"] ?? claims["preferred_username"] ?? claims.sub).slice(0, 120),
    roles: granted.roles,
    agencies,
    state: "active",
    subject,
    hasPassword: false,
    hasSecondFactor: false,
    createdAt: before?.createdAt ?? now(),
    changedAt: now(),
  };
  const same = before && String([before.roles, before.agencies]) === String([account.roles, agencies]);
  transaction(() => {
    accounts.save(account);
    if (same) return;
    const detail = { roles: granted.roles.join(" "), agencies: agencies.join(" ") };
    const act = before ? "account-changed" : "account-made";
    audit.write({
      at: now(),
      account: "identity-provider",
      act,
      subject: uid,
      detail,
      personal: { display: account.display },
    });
  });
  return account;
}
