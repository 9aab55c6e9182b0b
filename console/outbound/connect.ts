// Requests to where people's configuration says, without being led astray (SSRF): the name is looked up once, each address is judged
// (address.ts), and the connection goes to the very address that was judged, so that a name which answers differently a second
// time leads nowhere. Redirects are not followed: they are answers.
import { lookup as resolve } from "node:dns";
import type { LookupFunction } from "node:net";
import { type AddressPolicy, addressFault } from "./address.ts";

/** Looks a name up in DNS; a test hands in its own. */
export type Resolve = (
  name: string,
  answer: (error: Error | null, found: { address: string; family: number }[]) => void,
) => void;
const system: Resolve = (name, answer) =>
  resolve(name, { all: true, order: "verbatim" }, (error, found) => answer(error, found ?? []));

/** For `lookup` of http.request, tls.connect, net.connect: gives allowed addresses only, or fails by name. */
export function guardedLookup(policy: AddressPolicy, resolver: Resolve = system): LookupFunction {
  return (name, options, callback) => {
    resolver(name, (error, found) => {
      if (error) return callback(error, "", 0);
      const faults = found.map((f) => addressFault(f.address, policy));
      const good = found.filter((_, i) => faults[i] === undefined);
      const wanted = good.filter((f) => !options.family || f.family === Number(options.family));
      const [first] = wanted;
      if (!first) {
        const code = faults.find((f) => f !== undefined) ?? "address-invalid";
        return callback(Object.assign(new Error(`${name}: ${code}`), { code }), "", 0);
      }
      if (options.all) callback(null, wanted);
      else callback(null, first.address, first.family);
    });
  };
}
