// A world that a test fills in: what it does not fill in throws, so that a check that looks elsewhere fails its test.
import type { DeviceState, Kernel, World } from "../../../agent/check.ts";
import { parseAddress } from "../../../agent/wire/address.ts";
import type { Route } from "../../../agent/wire/proc-routes.ts";
import { sessionKey } from "../../../agent/wire/proc-tcp.ts";

const unasked = (name: string) => () => {
  throw new Error(`the test did not expect ${name}`);
};

export function worldOf(parts: Partial<Omit<World, "kernel">> & { kernel?: Partial<Kernel> }): World {
  return {
    now: () => Date.UTC(2026, 10, 23),
    connectTcp: unasked("connectTcp"),
    connectTls: unasked("connectTls"),
    exchangeUdp: unasked("exchangeUdp"),
    burstUdp: unasked("burstUdp"),
    fetchPage: unasked("fetchPage"),
    space: unasked("space"),
    exchangeTcp: unasked("exchangeTcp"),
    exchangePipelined: unasked("exchangePipelined"),
    streamTcp: unasked("streamTcp"),
    connectSmtpTls: unasked("connectSmtpTls"),
    tail: unasked("tail"),
    resolvConf: unasked("resolvConf"),
    transferKey: () => undefined,
    random16: () => Math.floor(Math.random() * 65_536),
    ...parts,
    kernel: {
      device: unasked("device"),
      addresses6: unasked("addresses6"),
      routes: unasked("routes"),
      bgpSessions: unasked("bgpSessions"),
      routerAdvertisements: unasked("routerAdvertisements"),
      ...parts.kernel,
    },
  };
}

export function kernelOf(state: {
  devices?: Record<string, DeviceState>;
  sessions?: [string, string][];
  addresses?: [string, string][];
  routes?: [string, string, Partial<Route>?][];
  advertisements?: Record<string, number>;
}): Kernel {
  const octets = (text: string) => parseAddress(text)!;
  const routes = (state.routes ?? []).map(([prefix, device, more]): Route => {
    const [address, length] = prefix.split("/");
    return { device, address: octets(address!), length: Number(length), metric: 0, rejects: false, ...more };
  });
  return {
    device: (name) => state.devices?.[name] ?? "missing",
    bgpSessions: () => new Set((state.sessions ?? []).map(([a, b]) => sessionKey(octets(a), octets(b)))),
    routerAdvertisements: (name) => state.advertisements?.[name],
    addresses6: () => (state.addresses ?? []).map(([, address]) => octets(address)),
    routes: (family) => routes.filter((r) => r.address.length === (family === 4 ? 4 : 16)),
  };
}
