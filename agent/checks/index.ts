// Every check that there is. Nothing is found by scanning folders; a new check is a new line here.
import type { TargetKind } from "../../protocol/target.ts";
import type { Check } from "../check.ts";
import { certificate } from "./certificate.ts";
import { clock } from "./clock.ts";
import { datacentre } from "./datacentre.ts";
import { device } from "./device.ts";
import { disk } from "./disk.ts";
import { ipv6 } from "./ipv6.ts";
import { link } from "./link.ts";
import { page } from "./page.ts";
import { path } from "./path.ts";
import { ra } from "./ra.ts";
import { resolver } from "./resolver.ts";
import { zone } from "./zone.ts";
import { zoneAudit } from "./zone-audit.ts";

export const CHECKS: { readonly [K in TargetKind]?: Check<K> } = {
  link,
  datacentre,
  ipv6,
  certificate,
  zone,
  "zone-audit": zoneAudit,
  resolver,
  path,
  clock,
  disk,
  ra,
  device,
  page,
};
