// Which page may speak to us, and the cookie that carries the session. A browser always says the Origin of a POST and of a
// WebSocket; a program that says none is no browser, holds no one's cookie, and is let through to the session check.
import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";

/**
 * True when the request comes from a page that this very server gave: Origin equals the Host that was asked for, and
 * that Host is one of ours (the configured name, localhost or a bare address), so that a rebound DNS name is not.
 */
export function sameOrigin(request: IncomingMessage, url: URL): boolean {
  const host = request.headers.host;
  if (host === undefined || !ownHost(host, url)) return false;
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return false;
  const origin = request.headers.origin;
  return origin === undefined || origin === `${url.protocol}//${host}`;
}

/** True for a Host header that names this server. */
export function ownHost(host: string, url: URL): boolean {
  if (host === url.host) return true;
  if (!URL.canParse(`http://${host}`)) return false;
  const name = new URL(`http://${host}`).hostname;
  return name === "localhost" || isIP(name.replace(/^\[|\]$/g, "")) !== 0;
}

/** The site that passkeys are bound to, by the name that the browser knows it by; a bare address is none (WebAuthn §5.1.2). */
export function siteOf(request: IncomingMessage, url: URL): { host: string; origin: string } | undefined {
  const asked = request.headers.host ?? "";
  if (!ownHost(asked, url)) return undefined;
  const origin = new URL(`${url.protocol}//${asked}`);
  const bare = isIP(origin.hostname.replace(/^\[|\]$/g, "")) !== 0;
  return bare ? undefined : { host: origin.hostname, origin: origin.origin };
}

/** `__Host-` is given only where the browser would keep it: over TLS (RFC 6265bis §4.1.3.2). */
const cookieName = (url: URL): string => (url.protocol === "https:" ? "__Host-vonggac" : "vonggac");

export const sessionCookie = (request: IncomingMessage, url: URL): string | undefined =>
  cookieOf(request, cookieName(url));

/** The cookie of a sign-in at an identity provider that is under way. */
const FLOW = "vonggac-flow";
const FLOW_LIVES_SECONDS = 600;
export const flowCookie = (request: IncomingMessage): string | undefined => cookieOf(request, FLOW);

/** Lax: the way back from the provider is a navigation from another site. Empty ends it. */
export function setFlowCookie(url: URL, value: string): string {
  const secure = url.protocol === "https:" ? "; Secure" : "";
  const life = value === "" ? 0 : FLOW_LIVES_SECONDS;
  return `${FLOW}=${value}; Path=/api/signin/provider; HttpOnly; SameSite=Lax; Max-Age=${life}${secure}`;
}

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  for (const part of (request.headers.cookie ?? "").split(";")) {
    const [key, value] = part.trim().split("=", 2);
    if (key === name && value) return value;
  }
  return undefined;
}

/** The Set-Cookie of a session, or one that ends it when `value` is empty. */
export function setCookie(url: URL, value: string, livesMs: number): string {
  const secure = url.protocol === "https:" ? "; Secure" : "";
  const life = value === "" ? 0 : Math.floor(livesMs / 1000);
  return `${cookieName(url)}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${life}${secure}`;
}
