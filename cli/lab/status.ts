import { Command } from "commander";
import { jsonOption, withStack } from "../options.ts";
import { line, text } from "../say.ts";

/** `lab status`: what runs now. */
export const statusVerb = (): Command =>
  withStack(new Command("status"))
    .description(text("help.status"))
    .addOption(jsonOption())
    .action(async (options: { stack?: string; json?: true }) => {
      const { labStatus } = await import("../../infra/commands.ts");
      const status = await labStatus(options);
      if (options.json) return line(JSON.stringify(status));
      if (status.hosts.length === 0) return line(text("status.nothing"));
      const down = status.hosts.flatMap((h) =>
        h.daemons.filter((d) => d.state !== "running").map((d) => `${h.id}/${d.name} (${d.state})`),
      );
      const daemons = status.hosts.reduce((n, h) => n + h.daemons.length, 0);
      const links = status.links.filter((l) => !l.up).map((l) => l.id);
      line(text(status.up ? "status.up" : "status.partly"));
      if (status.url) line(text("up.address", { url: status.url }));
      line(text("status.hosts", { hosts: status.hosts.length, running: daemons - down.length, daemons }));
      line(text("status.links", { up: status.links.length - links.length, links: status.links.length }));
      line(text("status.bgp", { up: status.bgp.sessions - status.bgp.down.length, sessions: status.bgp.sessions }));
      for (const name of [...down, ...links, ...status.bgp.down]) line(`  ✗ ${name}`);
      for (const { fault, target, injectedAt } of status.faults)
        line(text("status.fault", { fault, target, at: new Date(injectedAt).toISOString() }));
    });
