// Evidence in and out of the browser: what a file is, its hash on both ways, and handing it to the person as a file.
import { type Answer, call } from "./api.ts";

export const MOST_BYTES = 25 * 1024 * 1024;
/** By the name's ending where the browser does not know the type; the console looks at the bytes themselves. */
const BY_ENDING: Record<string, string> = {
  txt: "text/plain",
  log: "text/plain",
  csv: "text/csv",
  json: "application/json",
  pdf: "application/pdf",
  png: "image/png",
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  gz: "application/gzip",
  tgz: "application/gzip",
  zip: "application/zip",
  eml: "message/rfc822",
  pcap: "application/vnd.tcpdump.pcap",
  pcapng: "application/vnd.tcpdump.pcap",
};
export const ENDINGS = Object.keys(BY_ENDING).map((e) => `.${e}`);

const typeOf = (file: File): string =>
  BY_ENDING[file.name.toLowerCase().split(".").at(-1) ?? ""] ?? (file.type || "application/octet-stream");

/** SHA-256 in hex; undefined where the page came neither over TLS nor from this machine, and the browser will not hash. */
async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string | undefined> {
  if (!globalThis.crypto?.subtle) return undefined;
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(hash, (b) => b.toString(16).padStart(2, "0")).join("");
}

const CHUNK = 0x8000;
function base64(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i += CHUNK) text += String.fromCharCode(...bytes.subarray(i, i + CHUNK));
  return btoa(text);
}

/** Whether the hash that the console keeps is that of these bytes; `unknown` where the browser cannot tell. */
export type Hashed = "same" | "differs" | "unknown";
const compared = (here: string | undefined, there: string): Hashed =>
  here === undefined ? "unknown" : here === there ? "same" : "differs";

/** Hands a file in; says whether what the console keeps has the hash that the file has here. */
export async function handIn(
  incident: string,
  file: File,
  note: string,
): Promise<Answer<{ sha256: string; hashed: Hashed }>> {
  if (file.size > MOST_BYTES) return { ok: false, code: "refused", problem: "evidence-too-large", detail: "" };
  const bytes = new Uint8Array(await file.arrayBuffer());
  const here = await sha256(bytes);
  const body = { name: file.name, type: typeOf(file), note, base64: base64(bytes) };
  const answer = await call<{ result: { evidence: { sha256: string; bytes: number }[] } }>(
    "POST",
    pathOf(incident),
    body,
  );
  if (!answer.ok) return answer;
  const kept = answer.value.result.evidence;
  const there = (kept.find((e) => e.sha256 === here) ?? kept.at(-1))?.sha256 ?? "";
  return { ok: true, value: { sha256: there, hashed: compared(here, there) } };
}

/** Takes a piece out and gives it to the person as a file, unless its hash is wrong. */
export async function takeOut(incident: string, hash: string): Promise<Answer<Hashed>> {
  const answer = await call<{ result: { name: string; base64: string } }>("GET", `${pathOf(incident)}/${hash}`);
  if (!answer.ok) return answer;
  const { name, base64: text } = answer.value.result;
  const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const hashed = compared(await sha256(bytes), hash);
  if (hashed !== "differs") save(name, bytes);
  return { ok: true, value: hashed };
}

/** As a file whatever it is: no browser shows it as a page of ours. */
function save(name: string, bytes: Uint8Array<ArrayBuffer>): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

const pathOf = (incident: string): string => `/api/incidents/${encodeURIComponent(incident)}/evidence`;
