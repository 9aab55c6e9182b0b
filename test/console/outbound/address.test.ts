// Where the console is not led: special addresses in every spelling, names that answer with them, and what is let through.
import assert from "node:assert/strict";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { addressFault, urlFault } from "../../../console/outbound/address.ts";
import { guardedLookup } from "../../../console/outbound/connect.ts";

const none = { allow: [] };
for (const [address, fault] of [
  ["127.0.0.1", "address-forbidden"],
  ["127.255.1.1", "address-forbidden"],
  ["0.0.0.0", "address-forbidden"],
  ["169.254.169.254", "address-forbidden"],
  ["224.0.0.1", "address-forbidden"],
  ["255.255.255.255", "address-forbidden"],
  ["::", "address-forbidden"],
  ["::1", "address-forbidden"],
  ["0:0:0:0:0:0:0:1", "address-forbidden"],
  ["::ffff:127.0.0.1", "address-forbidden"],
  ["::ffff:8.8.8.8", "address-forbidden"],
  ["0:0:0:0:0:ffff:808:808", "address-forbidden"],
  ["::127.0.0.1", "address-forbidden"],
  ["64:ff9b::7f00:1", "address-forbidden"],
  ["2002:7f00:1::", "address-forbidden"],
  ["2001:0:1::", "address-forbidden"],
  ["fe80::1", "address-forbidden"],
  ["ff02::1", "address-forbidden"],
  ["fe80::1%eth0", "address-invalid"],
  ["10.1.2.3", "address-private"],
  ["172.31.0.1", "address-private"],
  ["192.168.1.1", "address-private"],
  ["100.64.0.1", "address-private"],
  ["fd00::1", "address-private"],
  ["2130706433", "address-invalid"],
  ["0x7f.1", "address-invalid"],
  ["", "address-invalid"],
  ["8.8.8.8", undefined],
  ["172.32.0.1", undefined],
  ["2400:cb00::1", undefined],
] as const)
  test(`${address || "nothing"}: ${fault ?? "may be reached"}`, () => assert.equal(addressFault(address, none), fault));

test("a private network is reached when it is named, and never by naming what is forbidden", () => {
  const policy = {
    allow: ["10.20.0.0/16", "fd00:1::/48", "127.0.0.0/8", "0.0.0.0/0", "::/0", "nonsense", "10.0.0.0/99"],
  };
  assert.equal(addressFault("10.20.1.1", policy), undefined);
  assert.equal(addressFault("fd00:1::5", policy), undefined);
  for (const address of ["127.0.0.1", "::1", "169.254.169.254", "::ffff:10.20.1.1"])
    assert.equal(addressFault(address, policy), "address-forbidden");
});

test("addresses of the web: as a URL reads them, so that no spelling of an address hides it", () => {
  for (const [url, fault] of [
    ["https://hooks.example.vn/x", undefined],
    ["https://hooks.example.vn:8443/x", undefined],
    ["http://hooks.example.vn/x", "url-not-https"],
    ["file:///etc/passwd", "url-not-https"],
    ["https://a:b@example.vn/", "url-credentials"],
    ["https://example.vn:22/", "url-port"],
    ["https://2130706433/", "address-forbidden"],
    ["https://0x7f.1/", "address-forbidden"],
    ["https://0177.0.0.1/", "address-forbidden"],
    ["https://[::ffff:7f00:1]/", "address-forbidden"],
    ["https://10.0.0.1/", "address-private"],
    ["nonsense", "url-invalid"],
  ] as const)
    assert.equal(urlFault(url, none), fault, url);
});

test("whatever is given, it is judged and nothing throws", () => {
  fc.assert(fc.property(fc.string(), (s) => void [addressFault(s, { allow: [s] }), urlFault(s, none)]));
  fc.assert(fc.property(fc.webUrl(), (s) => void urlFault(s, none)));
  fc.assert(fc.property(fc.ipV4(), (s) => /^127\./.test(s) === false || addressFault(s, none) === "address-forbidden"));
});

test("a name that answers with an address of this machine is not connected to, whatever else it answers", async () => {
  const server = createServer((_request, response) => response.end("inside")).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  const ask = (found: { address: string; family: number }[]) =>
    new Promise<string>((resolve) => {
      const lookup = guardedLookup(none, (_name, answer) => answer(null, found));
      const sent = get({ host: "hooks.example.vn", port, lookup, timeout: 500 }, () => resolve("reached"));
      sent.on("timeout", () => sent.destroy(new Error("went elsewhere")));
      sent.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
  assert.equal(await ask([{ address: "127.0.0.1", family: 4 }]), "address-forbidden");
  assert.equal(await ask([]), "address-invalid");
  const mixed = await ask([
    { address: "127.0.0.1", family: 4 },
    { address: "198.51.100.1", family: 4 },
  ]);
  assert.notEqual(mixed, "reached");
  server.close();
});
