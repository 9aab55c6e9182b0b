// `vonggac check` as one file with all that it imports, made at set-up on the pinned Node: a hundred files take longer to find and to
// link than the look at a zone takes. A cache like the compiled code beside it; setup/bundled.mjs says when it may be used.
import { statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "vite";
import { BUNDLE, SOURCES } from "../bundled.mjs";

const ROOT = join(import.meta.dirname, "../..");
const ENTRY = join(ROOT, "cli/vonggac.ts");
/** What the entry imports for `check`; its other verbs stay where they are and are not reached from here. */
const OF_CHECK = /^(?:\.\/check\/|\.\/say\.ts|commander$|node:)/;

const built = await build({
  configFile: false,
  root: ROOT,
  logLevel: "error",
  ssr: { noExternal: true, target: "node" },
  plugins: [
    {
      name: "as-if-in-place",
      enforce: "pre",
      resolveId: {
        order: "pre",
        handler: (id, importer) => (importer === ENTRY && !OF_CHECK.test(id) ? { id, external: true } : undefined),
      },
      // A module finds its files where it stands and not where the bundle does.
      transform(code, id) {
        if (id.includes("node_modules") || !code.includes("import.meta.")) return undefined;
        const placed = code
          .replaceAll("import.meta.url", JSON.stringify(pathToFileURL(id).href))
          .replaceAll("import.meta.dirname", JSON.stringify(dirname(id)));
        return { code: placed, map: null };
      },
    },
  ],
  build: {
    ssr: true,
    target: "node24",
    write: false,
    rolldownOptions: { input: { check: ENTRY }, output: { format: "esm", codeSplitting: false } },
  },
});
const [chunk] = "output" in built ? built.output : [];
if (!chunk) throw new Error("the build gave nothing");
const files = chunk.moduleIds.filter((id) => id.startsWith(`${ROOT}/`));
const sources = files.map((file) => {
  const { size, mtimeMs } = statSync(file);
  return [relative(ROOT, file), size, mtimeMs];
});
writeFileSync(BUNDLE, chunk.code);
writeFileSync(SOURCES, JSON.stringify(sources));
