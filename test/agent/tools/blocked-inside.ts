// Inside a network namespace whose firewall drops DNS outward, as an agency's does: what the tool says, with and without a resolver.
// Prints one JSON object; blocked.test.ts starts it.
import { execFileSync } from "node:child_process";
import { checkDnssec } from "../../../agent/tools/dnssec.ts";
import { ToolError } from "../../../agent/tools/errors.ts";
import { makeWorld } from "../../../agent/world/index.ts";
import { Tree, ZONE } from "./tree.ts";

execFileSync("ip", ["link", "set", "lo", "up"]);
const tree = new Tree();
await tree.start();
try {
  // Its own questions leave from another address than this host's: it stands beyond the firewall.
  const resolver = await tree.resolver("  outgoing-interface: 127.0.9.53\n");
  const rules = `table inet agency {
    chain out { type filter hook output priority 0; policy accept;
      ip saddr ${resolver} accept
      ip daddr ${resolver} accept
      udp dport ${tree.port} counter drop
      tcp dport ${tree.port} counter drop
    }
  }`;
  execFileSync("nft", ["-f", "-"], { input: rules });
  const alone = await checkDnssec({ zone: ZONE, ...tree.way }, makeWorld()).then(
    (report) => `looked: ${report.verdict.security}`,
    (error) => (error instanceof ToolError ? error.code : String(error)),
  );
  const { port, anchor } = tree.way;
  const through = await checkDnssec({ zone: ZONE, anchor, port, resolver }, makeWorld());
  const dropped = /udp dport \d+ counter packets (\d+)/.exec(
    execFileSync("nft", ["list", "ruleset"], { encoding: "utf8" }),
  );
  const { verdict, skipped, findings, exitCode } = through;
  const tags = findings.map(({ tag }) => tag);
  const seen = { alone, security: verdict.security, skipped, tags, exitCode, dropped: Number(dropped?.[1]) };
  process.stdout.write(`${JSON.stringify(seen)}\n`);
} finally {
  await tree.stop();
}
