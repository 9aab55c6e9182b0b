// A stack's settings, typed: what `pulumi config set KEY VALUE` may say. Every mistake is an error with the key, the value that stands there,
// and what would be right; nothing is provisioned from settings with a mistake.
import { existsSync } from "node:fs";
import { isIP } from "node:net";
import { resolve } from "node:path";

export type ConfigErrorCode =
  | "config-not-a-number"
  | "config-out-of-range"
  | "config-not-an-address"
  | "config-file-missing"
  | "config-name-invalid"
  | "config-not-a-map"
  | "config-key-unknown"
  | "config-stack-missing";

export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code: ConfigErrorCode;
  readonly where: string;
  readonly remedy: string;

  constructor(code: ConfigErrorCode, where: string, detail: string, remedy: string) {
    super(`${code}: ${where}: ${detail} (${remedy})`);
    this.code = code;
    this.where = where;
    this.remedy = remedy;
  }
}

/** What a stack may set. */
export interface Settings {
  province: string;
  stateDir: string;
  agencies?: number;
  port?: number;
  listen?: string;
  /** The lab's name, by which stacks of one lab find each other's hosts; the stack's own name unless set. */
  lab?: string;
  /** Only this data centre, and the agencies whose first line goes there. */
  dataCentre?: string;
  /** Stacks of other data centres that stand already: data centre → stack. */
  stacks?: Record<string, string>;
}

type Reader<T> = (key: string, value: string) => T;

const whole =
  (least: number, most: number): Reader<number> =>
  (key, value) => {
    if (!/^\d{1,9}$/.test(value))
      throw wrong("config-not-a-number", key, value, `a whole number from ${least} to ${most}`);
    const number = Number(value);
    if (number < least || number > most)
      throw wrong("config-out-of-range", key, value, `a whole number from ${least} to ${most}`);
    return number;
  };

const address: Reader<string> = (key, value) => {
  if (isIP(value) === 0) throw wrong("config-not-an-address", key, value, "an IPv4 or IPv6 address, as 127.0.0.1");
  return value;
};

const name =
  (pattern: RegExp, right: string): Reader<string> =>
  (key, value) => {
    if (!pattern.test(value)) throw wrong("config-name-invalid", key, value, right);
    return value;
  };

const stacks: Reader<Record<string, string>> = (key, value) => {
  try {
    const map = JSON.parse(value) as unknown;
    if (typeof map === "object" && map !== null && !Array.isArray(map))
      if (Object.values(map).every((v) => typeof v === "string" && v !== "")) return map as Record<string, string>;
  } catch {} // said below
  throw wrong("config-not-a-map", key, value, 'data centre to stack, as {"dc1": "north"}');
};

const READERS: { [K in Exclude<keyof Settings, "province" | "stateDir">]-?: Reader<NonNullable<Settings[K]>> } = {
  agencies: whole(1, 100_000),
  port: whole(1, 65_535),
  listen: address,
  lab: name(/^[a-z0-9]{1,24}$/, "1-24 of a-z and 0-9"),
  dataCentre: name(/^[a-z][a-z0-9-]*$/, "the id of a data centre of the province"),
  stacks,
};

/** Keys that a stack may set. */
export const SETTING_KEYS: readonly string[] = ["province", "stateDir", ...Object.keys(READERS)];

/** Reads settings as text by key; paths are relative to the checkout. Throws ConfigError. */
export function settingsFrom(get: (key: string) => string | undefined, checkout: string): Settings {
  const province = resolve(checkout, get("province") ?? "province.yaml");
  if (!existsSync(province)) throw wrong("config-file-missing", "province", province, "the path of a province's file");
  const read = Object.entries(READERS).flatMap(([key, reader]) => {
    const value = get(key);
    return value === undefined ? [] : [[key, (reader as Reader<unknown>)(key, value)] as const];
  });
  return { province, stateDir: resolve(checkout, get("stateDir") ?? ".vonggac"), ...Object.fromEntries(read) };
}

/** Throws `config-key-unknown` for a key that no reader knows: a misspelt setting must not be silently without effect. */
export function refuseUnknown(keys: Iterable<string>): void {
  for (const key of keys)
    if (!SETTING_KEYS.includes(key))
      throw new ConfigError("config-key-unknown", key, "no such setting", `there are: ${SETTING_KEYS.join(", ")}`);
}

const wrong = (code: ConfigErrorCode, key: string, value: string, right: string) =>
  new ConfigError(code, key, `"${value}"`, `what would be right: ${right}`);
