// The built screen, read whole into memory at start: a path is a key of a table and never reaches the disk.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, relative, sep } from "node:path";
import { sendProblem } from "../http.ts";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".json": "application/json; charset=utf-8",
  ".webmanifest": "application/manifest+json",
  ".woff2": "font/woff2",
  ".txt": "text/plain; charset=utf-8",
};

/** Nothing inline, nothing from elsewhere, in no frame. `connect-src 'self'` is the feed and the API. */
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join("; ");

/** Headers of every answer of the screen's server. */
export const SECURITY_HEADERS: Record<string, string> = {
  "content-security-policy": CSP,
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=()",
};

interface Asset {
  body: Buffer;
  type: string;
  etag: string;
  /** The bundler names files by their content: those never change. */
  immutable: boolean;
}

export type Site = ReadonlyMap<string, Asset>;

/** Reads every file of a known type under `root`. A missing folder is an empty site. */
export function readSite(root: string): Site {
  const site = new Map<string, Asset>();
  if (!statSync(root, { throwIfNoEntry: false })?.isDirectory()) return site;
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const type = TYPES[extname(entry.name)];
    if (!entry.isFile() || !type) continue;
    const path = join(entry.parentPath, entry.name);
    const body = readFileSync(path);
    const key = `/${relative(root, path).split(sep).join("/")}`;
    const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
    site.set(key, { body, type, etag, immutable: /^\/assets\/.+-[\w-]{8,}\./.test(key) });
  }
  return site;
}

/** Answers GET and HEAD. A path without a dot is a page of the screen: index.html. */
export function serveSite(site: Site, request: IncomingMessage, response: ServerResponse, path: string) {
  const page = !path.slice(path.lastIndexOf("/")).includes(".");
  const asset = site.get(page ? "/index.html" : path);
  if (!asset && page)
    return sendProblem(response, 503, "screen-not-built", "Build console/ui, then start the console again.");
  if (!asset) return sendProblem(response, 404, "not-found");
  response.setHeader("etag", asset.etag);
  response.setHeader("cache-control", asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (request.headers["if-none-match"] === asset.etag) return void response.writeHead(304).end();
  response.writeHead(200, { "content-type": asset.type, "content-length": asset.body.length });
  response.end(request.method === "HEAD" ? undefined : asset.body);
}
