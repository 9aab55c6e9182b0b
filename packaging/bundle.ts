// A payload: Node's own binary, the one library of it that a bare Debian lacks, and a program compiled to plain JavaScript with what it
// imports, so that the machine needs no registry, no compiler and no network.
import { execFile } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { PackagingError } from "./errors.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "..");
export interface Content {
  units: readonly string[];
  /** Modules that are started, below the checkout. */
  input: Readonly<Record<string, string>>;
}
export const AGENT: Content = {
  units: ["vonggac-agent.service", "vonggac-agent-update.service", "vonggac-agent-update.path"],
  input: { agent: "agent/main.ts", update: "agent/field/update-main.ts" },
};
const LIBRARY = /libatomic\.so\.1 => (\S+)/;

/** Fills a new folder with what stands on the machine as one release. Throws `bundle-failed`. */
export async function fillRelease(folder: string, content: Content): Promise<void> {
  try {
    for (const part of ["bin", "lib", "app", "units"]) mkdirSync(join(folder, part), { recursive: true });
    copyFileSync(process.execPath, join(folder, "bin/node"));
    const { stdout } = await run("ldd", [process.execPath]);
    const library = LIBRARY.exec(stdout)?.[1];
    if (library !== undefined && existsSync(library)) copyFileSync(library, join(folder, "lib/libatomic.so.1"));
    await compile(join(folder, "app"), content.input);
    for (const unit of content.units)
      copyFileSync(join(import.meta.dirname, "files", unit), join(folder, "units", unit));
  } catch (error) {
    throw new PackagingError("bundle-failed", folder, (error as Error).message, error);
  }
}

/** Module by module: some of them look whether they themselves were started. */
async function compile(folder: string, input: Content["input"]): Promise<void> {
  const { build } = await import("vite");
  await build({
    configFile: false,
    root: ROOT,
    logLevel: "error",
    // What ws would like to have and does without.
    define: { "process.env.WS_NO_BUFFER_UTIL": '"1"', "process.env.WS_NO_UTF_8_VALIDATE": '"1"' },
    ssr: { noExternal: true, target: "node" },
    build: {
      ssr: true,
      target: "node24",
      outDir: folder,
      emptyOutDir: false,
      rolldownOptions: {
        input: Object.fromEntries(Object.entries(input).map(([name, module]) => [name, join(ROOT, module)])),
        output: {
          format: "esm",
          preserveModules: true,
          preserveModulesRoot: ROOT,
          entryFileNames: "[name].mjs",
          chunkFileNames: "[name].mjs",
        },
      },
    },
  });
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }\n');
}

/** The folder as one file, the same bytes for the same content. */
export async function pack(folder: string, file: string): Promise<void> {
  const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0", "--numeric-owner"];
  try {
    mkdirSync(dirname(file), { recursive: true });
    await run("tar", [...same, "--use-compress-program=gzip -n -6", "-cf", file, "-C", folder, "."]);
  } catch (error) {
    throw new PackagingError("bundle-failed", file, (error as Error).message, error);
  }
}
