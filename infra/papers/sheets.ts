// The address sheet of a device that is not ours to configure: what its owner must set, in both languages. Pure.
import type { Plan } from "../plan/types.ts";

export const sheetOf = (plan: Plan, device: Plan["devices"][number]): string => {
  const [v6, v4] = [device.network.v6, device.network.v4].map((p) => p.slice(p.indexOf("/")));
  const resolvers = plan.resolvers.flatMap((r) => [r.v6, r.v4]).join(", ");
  return `${device.id}: ${device.name.vi} / ${device.name.en}
Nơi đặt / place:            ${device.at}
Loại / kind:                ${device.kind}
Vùng an ninh / zone:        ${device.zone}
IPv6:                       ${device.address.v6}${v6}
IPv4:                       ${device.address.v4}${v4}
Cổng mặc định / gateway:    ${device.gateway.v6}, ${device.gateway.v4}
Máy phân giải / resolvers:  ${resolvers}
Liên hệ / contact:          ${device.contact ?? "-"}
`;
};
