// A notifier in a process of its own, for the test that kills it: the real record, one webhook, one intent a run of the counter.
import { connect } from "node:net";
import { webhookChannel } from "../../../console/notify/channels/webhook.ts";
import { openStore } from "../../../console/store/store.ts";
import { notifierOver } from "../support/notify.ts";

const [folder = "", port = "", roots = "", intents = "0"] = process.argv.slice(2);
const store = openStore(folder);
const hook = { id: "hook", kind: "webhook", url: `https://hook.test:${port}/`, keySecret: "k" } as const;
store.transaction(() => {
  for (let n = 0; n < Number(intents); n++) {
    const reason = { key: "reason.handover", facts: { from: "an", note: `${n}`, open: [] } };
    store.outbox.add({ key: `handover/${n}`, at: Date.now(), kind: "handover", incident: "-", to: [], reason });
  }
});
const notifier = notifierOver({
  store,
  now: Date.now,
  rules: () => ({
    channels: [hook],
    direct: ["hook"],
    routes: [{ id: "r", channels: ["hook"], kinds: ["handover"] }],
    caretakers: ["role:administrator"],
    dedupMinutes: 0,
    expireHours: 1,
    deadAfterMinutes: 60,
  }),
  open: () =>
    webhookChannel({
      url: hook.url,
      keySecret: "k",
      secret: () => "key",
      lookup: (_name, options, callback) =>
        options.all ? callback(null, [{ address: "127.0.0.1", family: 4 }]) : callback(null, "127.0.0.1", 4),
      addresses: { allow: [] },
      roots: [roots],
      now: Date.now,
    }),
});
notifier.start();
// Whoever started it is gone: so is this.
connect(Number(port), "127.0.0.1")
  .on("close", () => process.exit(1))
  .on("error", () => process.exit(1));
