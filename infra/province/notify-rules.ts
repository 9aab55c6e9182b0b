// What must hold of the console's own sections beyond their shape: channels have names of their own, secrets go with their users, networks
// and certificates are such, and nothing is kept for a shorter time than the law says. Pure.
import { X509Certificate } from "node:crypto";
import { LOG_LAW, leastLogDays } from "../../protocol/retention.ts";
import type { Broken } from "./broken.ts";
import { prefixRange } from "./prefix-rules.ts";
import type { Written } from "./schema.ts";

/** The console has a channel of this name already: the screen of whoever is signed in. */
const SCREEN = "screen";

export function notifyProblems({ notify }: Written): Broken[] {
  if (!notify) return [];
  const mail = (notify.mail ?? []).map((c, i) => ({ id: c.id, at: ["notify", "mail", i] }));
  const webhooks = (notify.webhooks ?? []).map((c, i) => ({ id: c.id, at: ["notify", "webhooks", i] }));
  const channels = [...mail, ...webhooks];
  return [
    ...channels.flatMap(({ id, at }, n): Broken[] => {
      const right = "an id that no other channel has";
      const first = channels.findIndex((c) => c.id === id);
      if (id === SCREEN)
        return [{ code: "id-reserved", at: [...at, "id"], wrong: `${id} is the console's own screen`, right }];
      if (first === n) return [];
      const wrong = (where: (path: (string | number)[]) => string) =>
        `${id} is already the one of ${where(channels[first]!.at)}`;
      return [{ code: "id-repeated", at: [...at, "id"], wrong: wrong as Broken["wrong"], right }];
    }),
    ...(notify.mail ?? []).flatMap((c, i): Broken[] => {
      if ((c.user === undefined) === (c.passwordSecret === undefined)) return [];
      const [here, missing] = c.user === undefined ? ["passwordSecret", "user"] : ["user", "passwordSecret"];
      const right = "user and passwordSecret, or neither";
      return [{ code: "key-missing", at: ["notify", "mail", i, missing], wrong: `is missing beside ${here}`, right }];
    }),
    ...(notify.reach ?? []).flatMap((prefix, i): Broken[] => {
      const family = prefix.includes(":") ? 6 : 4;
      const range = prefixRange(prefix, family);
      const right = `an IPv${family} prefix whose host bits are 0`;
      return typeof range === "string"
        ? [{ code: "prefix-wrong", at: ["notify", "reach", i], wrong: `${prefix} ${range}`, right }]
        : [];
    }),
    ...(notify.roots === undefined || areCertificates(notify.roots)
      ? []
      : [
          {
            code: "value-wrong" as const,
            at: ["notify", "roots"],
            wrong: "is no certificate that can be read",
            right: "one or more certificates (PEM), each whole",
          },
        ]),
  ];
}

function areCertificates(text: string): boolean {
  const blocks = text.split(/(?<=-----END CERTIFICATE-----)/).filter((b) => b.trim() !== "");
  try {
    return blocks.length > 0 && blocks.every((b) => new X509Certificate(b.trim()).serialNumber !== "");
  } catch {
    return false;
  }
}

/** The log is evidence and what an authority may ask for. */
export function shortRetention({ retention }: Written): Broken[] {
  if (!retention) return [];
  const level = retention.systemLevel ?? 3;
  const least = leastLogDays(level);
  if (retention.logDays >= least) return [];
  return [
    {
      code: "retention-too-short",
      at: ["retention", "logDays"],
      wrong: `${retention.logDays} days are fewer than the law's ${least} for a system of level ${level} (${LOG_LAW})`,
      right: `${least} or more`,
    },
  ];
}
