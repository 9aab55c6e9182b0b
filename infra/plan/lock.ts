// province.lock: which number and block each identity was given, and when. A committed file, one allocation a line, so that two people's
// changes merge or conflict visibly. Pure: its text, and what is wrong with a text.
import Type from "typebox";
import { Compile } from "typebox/compile";

/** A day, as ISO 8601 writes it: nothing in the lock is finer. */
const Day = Type.String({ pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" });
const AllocatedSchema = Type.Object(
  {
    /** `site/so-noi-vu`, `router/hub1`, `datacentre/dc1`, `host/dc1/dns1`. */
    id: Type.String({ minLength: 3, maxLength: 200 }),
    number: Type.Integer({ minimum: 1, maximum: 16_383 }),
    /** IPv6, then IPv4. Follows from the number; stands here for the reader, and so that a changed layout is noticed. */
    block: Type.Tuple([Type.String({ maxLength: 60 }), Type.String({ maxLength: 60 })]),
    since: Day,
    retired: Type.Optional(Day),
  },
  { additionalProperties: false },
);
export type Allocated = Type.Static<typeof AllocatedSchema>;

const LockSchema = Type.Object(
  {
    version: Type.Literal(1),
    /** The prefixes that the blocks were cut from. */
    prefixes: Type.Object({ ipv6: Type.String(), ipv4: Type.String(), publicIpv4: Type.String() }),
    allocations: Type.Array(AllocatedSchema),
  },
  { additionalProperties: false },
);
export type Lock = Type.Static<typeof LockSchema>;
const shape = Compile(LockSchema);

/** The pool from which an identity has its number; `host/dc1/dns1` is the one of `host/dc1`, `site/so-noi-vu` of `site`. */
export const poolOf = (id: string): string => id.slice(0, id.lastIndexOf("/"));

/** The file's text: ordered by pool and number, whatever the order of the province. */
export function lockText(lock: Lock): string {
  const sorted = lock.allocations
    .map((a) => ({ a, pool: poolOf(a.id) }))
    .sort((x, y) => (x.pool < y.pool ? -1 : x.pool > y.pool ? 1 : x.a.number - y.a.number))
    .map(({ a }) => `    ${JSON.stringify(a)}`);
  return `{
  "version": 1,
  "prefixes": ${JSON.stringify(lock.prefixes)},
  "allocations": [
${sorted.join(",\n")}
  ]
}
`;
}

/** The lock of a text, or in words what is wrong with it and on which line. */
export function parseLock(text: string): Lock | { line: number; wrong: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { line: 1, wrong: (error as Error).message };
  }
  if (shape.Check(value)) return value;
  const at = /\/allocations\/(\d+)/.exec(shape.Errors(value)[0]?.instancePath ?? "");
  const head = text.slice(0, Math.max(0, text.indexOf('"allocations"'))).split("\n").length;
  return { line: at ? head + 1 + Number(at[1]) : 1, wrong: "is not of the form that vonggac writes" };
}
