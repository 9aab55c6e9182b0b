// `incident evidence …`: files handed in and taken out, each with its hash on both sides.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { Command } from "commander";
import { CliError } from "../errors.ts";
import { callJson } from "../people/console.ts";
import { line, text } from "../say.ts";
import { type Asked, isoOf, onIncident, pathOf, say, work } from "./shared.ts";

interface Item {
  sha256: string;
  name: string;
  type: string;
  bytes: number;
  at: number;
  by: string;
}
/** By the name's ending; the console looks at the bytes. */
const TYPES: Readonly<Record<string, string>> = {
  ".txt": "text/plain",
  ".log": "text/plain",
  ".csv": "text/csv",
  ".json": "application/json",
  ".pdf": "application/pdf",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".jpeg": "image/jpeg",
  ".gz": "application/gzip",
  ".tgz": "application/gzip",
  ".zip": "application/zip",
  ".eml": "message/rfc822",
  ".pcap": "application/vnd.tcpdump.pcap",
  ".pcapng": "application/vnd.tcpdump.pcap",
};
const hashOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export const evidenceVerb = (): Command =>
  new Command("evidence")
    .description(text("help.evidence"))
    .addCommand(
      onIncident("list", "help.evidence.list").action(async (id: string, options: Asked) => {
        const { result } = await callJson<{ result: { state: { evidence: Item[] } } }>(
          options,
          "GET",
          pathOf(id, "/case"),
        );
        const { evidence } = result.state;
        say(options.json, evidence, () => {
          for (const e of evidence) line(`${e.sha256}  ${isoOf(e.at)}  ${e.by}  ${e.bytes}  ${e.name}`);
        });
      }),
    )
    .addCommand(
      onIncident("add", "help.evidence.add")
        .argument("<file>", text("argument.file"))
        .option("--note <text>", text("option.note"), "")
        .option("--type <type>", text("option.type"))
        .action(async (id: string, file: string, options: Asked & { note: string; type?: string }) => {
          const bytes = readFileSync(file);
          const type = options.type ?? TYPES[extname(file).toLowerCase()] ?? "application/octet-stream";
          const body = { name: basename(file), type, note: options.note, base64: bytes.toString("base64") };
          const { result } = await callJson<{ result: { evidence: Item[] } }>(
            options,
            "POST",
            pathOf(id, "/evidence"),
            body,
          );
          const kept = result.evidence.find((e) => e.sha256 === hashOf(bytes));
          if (!kept) throw new CliError("hash-differs", file);
          say(options.json, kept, () => line(text("evidence.kept", { sha256: kept.sha256 })));
        }),
    )
    .addCommand(
      onIncident("get", "help.evidence.get")
        .argument("<sha256>", text("argument.sha256"))
        .requiredOption("--out <file>", text("option.out-file"))
        .action(async (id: string, sha256: string, options: Asked & { out: string }) => {
          const path = pathOf(id, `/evidence/${encodeURIComponent(sha256)}`);
          const { result } = await callJson<{ result: Item & { base64: string } }>(options, "GET", path);
          const bytes = Buffer.from(result.base64, "base64");
          if (hashOf(bytes) !== sha256) throw new CliError("hash-differs", sha256);
          writeFileSync(options.out, bytes, { mode: 0o600, flag: "wx" });
          const { base64: _, ...told } = result;
          say(options.json, told, () => line(text("evidence.taken", { file: options.out, sha256 })));
        }),
    )
    .addCommand(
      onIncident("verify", "help.evidence.verify").action(async (id: string, options: Asked) => {
        const path = pathOf(id, "/casework/verify-evidence");
        const said = await work<{ good: number; damaged: string[] }>(options, path);
        if (said.damaged.length > 0) throw new CliError("evidence-damaged", said.damaged.join(", "));
        say(options.json, said, () => line(text("evidence.whole", { count: said.good })));
      }),
    );
