// What one site holds of the address space.

/** An IPv4 address, or the /64 of an IPv6 one. */
export function networkOf(address: string | undefined): string {
  if (address === undefined || !address.includes(":") || address.startsWith("::ffff:")) return address ?? "";
  const [head = "", tail] = address.split("::");
  const first = head === "" ? [] : head.split(":");
  const missing = tail === undefined ? 0 : 8 - first.length - tail.split(":").length;
  return [...first, ...Array<string>(Math.max(0, missing)).fill("0"), ...(tail?.split(":") ?? [])]
    .slice(0, 4)
    .join(":");
}
