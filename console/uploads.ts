// What people may hand in as evidence: by size, and by what the bytes say they are, never by what the name says. Nothing of it is ever
// opened or run here; it is given back as an attachment only, so that no browser takes it for a page of ours. Pure.

export type UploadFault = "upload-empty" | "upload-too-large" | "upload-type-refused" | "upload-name-invalid";

/** Kinds that serve as evidence, with the first bytes that show each; text is recognised by having no control characters. */
const KINDS = [
  { type: "application/pdf", starts: "255044462d" },
  { type: "image/png", starts: "89504e470d0a1a0a" },
  { type: "image/jpeg", starts: "ffd8ff" },
  { type: "application/vnd.tcpdump.pcap", starts: "d4c3b2a1" },
  { type: "application/vnd.tcpdump.pcap", starts: "a1b2c3d4" },
  { type: "application/x-pcapng", starts: "0a0d0d0a" },
  { type: "application/gzip", starts: "1f8b08" },
  { type: "application/zip", starts: "504b0304" },
] as const;
/** What runs, or makes a browser run something. */
const REFUSED_TEXT = /^\s*(?:<!doctype html|<html|<svg|<script|<\?xml[^>]*>\s*<svg|#!)/i;
const LOOKED_AT = 4_096;
const MOST_NAME = 120;

export interface Accepted {
  ok: true;
  /** By the bytes. */
  type: string;
  /** Without path, control characters or leading dots. */
  name: string;
  headers: Record<string, string>;
}

/** Judges an upload. `most` is in bytes. */
export function judgeUpload(
  name: string,
  bytes: Uint8Array,
  most: number,
): Accepted | { ok: false; code: UploadFault } {
  if (bytes.length === 0) return { ok: false, code: "upload-empty" };
  if (bytes.length > most) return { ok: false, code: "upload-too-large" };
  const type = typeOf(bytes);
  if (type === undefined) return { ok: false, code: "upload-type-refused" };
  const clean = cleanName(name);
  if (clean === "") return { ok: false, code: "upload-name-invalid" };
  const headers = {
    "content-type": type,
    "content-disposition": `attachment; filename*=UTF-8''${encodeURIComponent(clean)}`,
    "x-content-type-options": "nosniff",
    "content-security-policy": "sandbox; default-src 'none'",
  };
  return { ok: true, type, name: clean, headers };
}

function typeOf(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, 16)).toString("hex");
  const known = KINDS.find((k) => head.startsWith(k.starts));
  if (known) return known.type;
  try {
    // A cut in the middle of a letter is no fault of the text's: `stream` lets it be.
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, LOOKED_AT), { stream: true });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what tells text from programs.
    if (/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\u007f]/.test(text) || REFUSED_TEXT.test(text)) return undefined;
    return "text/plain; charset=utf-8";
  } catch {
    return undefined;
  }
}

const cleanName = (name: string): string =>
  [...(name.split(/[/\\]/).at(-1) ?? "").normalize("NFC").replace(/\p{C}/gu, "").replace(/^\.+/, "").trim()]
    .slice(0, MOST_NAME)
    .join("");
