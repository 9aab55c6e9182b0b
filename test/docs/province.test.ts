// docs/province.md names every field, as the schema has it (VONGGAC_GOLDEN=write renews the table), and its figures are the plan's.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { allocation } from "../../infra/plan/allocate.ts";
import { schemaText } from "../../infra/province/json-schema.ts";

const FILE = join(import.meta.dirname, "../../docs/province.md");

interface Shape {
  description?: string;
  properties?: Record<string, Shape>;
  required?: string[];
  items?: Shape | Shape[];
  anyOf?: Shape[];
}

/** A row a field, with the path as errors write it. */
function rows(shape: Shape, path: string): string[] {
  if (shape.anyOf) return [...new Set(shape.anyOf.flatMap((member) => rows(member, path)))];
  if (shape.items && !Array.isArray(shape.items)) return rows(shape.items, `${path}[]`);
  return Object.entries(shape.properties ?? {}).flatMap(([key, inner]) => {
    const at = path === "" ? key : `${path}.${key}`;
    const mark = shape.required?.includes(key) ? "" : "?";
    return [`| \`${at}${mark}\` | ${(inner.description ?? "").replaceAll("|", "\\|")} |`, ...rows(inner, at)];
  });
}

test("every field stands in the documentation", () => {
  const fields = rows(JSON.parse(schemaText()), "");
  assert.ok(fields.length > 80, `${fields.length}`);
  const table = ["<!-- fields -->", "| field | what it must be |", "|---|---|", ...fields, "<!-- /fields -->"].join(
    "\n",
  );
  const text = readFileSync(FILE, "utf8");
  const renewed = text.replace(/<!-- fields -->[\s\S]*<!-- \/fields -->/, () => table);
  if (process.env["VONGGAC_GOLDEN"] === "write") writeFileSync(FILE, renewed);
  else assert.ok(text === renewed, "VONGGAC_GOLDEN=write npm test -- test/docs/province");
});

test("what a prefix holds is what the documentation says", () => {
  const text = readFileSync(FILE, "utf8");
  const stated = [...text.matchAll(/^\| \/(\d+) \| ([\d,]+) \| (\d+) \| \/(\d+) \| (\d+) \|$/gm)];
  assert.equal(stated.length, 5);
  for (const [, length, sites, routers, network, hubs] of stated) {
    const { most } = allocation({
      ipv6: "2001:db8::/40",
      ipv4: `10.0.0.0/${length}`,
      publicIpv4: "203.0.113.0/24",
    } as never);
    assert.deepEqual(
      [most.site, most.router, most.siteHosts, most.hubs],
      [Number(sites!.replace(",", "")), Number(routers), 2 ** (32 - Number(network)) - 2, Number(hubs)],
      `/${length}`,
    );
  }
});
