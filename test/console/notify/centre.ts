// A security centre with its notifications: the room of the incidents' tests, people with accounts, and channels whose ends the test
// holds. Its clock is the room's.
import type { NotifyRules } from "../../../console/notify/policy.ts";
import type { Contact, Message, Outcome } from "../../../console/notify/ports.ts";
import type { Role } from "../../../console/people/roles.ts";
import { readersOf } from "../../../console/reader.ts";
import type { Incident } from "../../../protocol/index.ts";
import { Room } from "../incidents/room.ts";
import { notifierOver } from "../support/notify.ts";

export interface Told {
  channel: string;
  to: string;
  mail: string | undefined;
  message: Message;
}

export const MINUTE = 60_000;

export class Centre {
  room: Room;
  rules: NotifyRules;
  readonly told: Told[] = [];
  readonly left: string[] = [];
  readonly failed: string[] = [];
  /** How each channel answers; good by default. */
  readonly answers: Record<string, (to: string, message: Message) => Outcome> = {};
  notifier: ReturnType<typeof notifierOver>;

  constructor(rules: Partial<NotifyRules>, room = new Room()) {
    this.room = room;
    const plain: NotifyRules = {
      channels: [
        { id: "mail", kind: "mail", host: "mail.test", port: 587, from: "v@mail.test" },
        { id: "screen", kind: "screen" },
      ],
      direct: ["mail"],
      routes: [],
      caretakers: ["role:administrator"],
      dedupMinutes: 10,
      expireHours: 24,
      deadAfterMinutes: 3,
    };
    this.rules = { ...plain, ...rules };
    this.notifier = this.build();
  }
  private build() {
    const { room } = this;
    const { store } = room;
    const readers = readersOf({
      registry: () => room.registry,
      incidents: store.scoped.incidents,
      incident: (scope, id) => {
        const incident = store.scoped.incident(scope, id);
        const work = incident && room.desk.summary(incident, room.now);
        return work ? ({ ...incident, work } as Incident) : incident;
      },
      concerned: store.scoped.concerned,
      joinedAt: store.scoped.joinedAt,
      agents: () => [],
      targets: () => [],
      itemsOf: store.items.ofTargets,
      hours: () => [],
      search: () => [],
      now: () => room.now,
    });
    return notifierOver({
      store,
      now: () => room.now,
      rules: () => this.rules,
      registry: () => room.registry,
      people: () =>
        store.accounts
          .list()
          .filter((a) => a.state === "active")
          .map((a) => ({
            account: a.name,
            roles: a.roles,
            scope: a.agencies.length === 0 ? undefined : new Set(a.agencies),
          })),
      incident: (account, scope, id) => readers({ account, scope }).incident(id),
      open: (rule) => ({
        send: async (message, to) => {
          const outcome = this.answers[rule.id]?.(to.account, message) ?? { ok: true };
          if (outcome.ok) this.told.push({ channel: rule.id, to: to.account, mail: to.contact?.mail, message });
          return outcome;
        },
      }),
      onLeft: (intent, receiver, why) => this.left.push(`${intent.kind} ${receiver} ${why}`),
      onFailed: (channel, code) => this.failed.push(`${channel} ${code}`),
    });
  }
  person(name: string, roles: Role[], agencies: string[] = [], contact?: Contact): void {
    const { store, now } = this.room;
    const rest = {
      state: "active",
      hasPassword: false,
      hasSecondFactor: false,
      createdAt: now,
      changedAt: now,
    } as const;
    store.transaction(() => {
      store.accounts.save({ uid: `p-${name}`, name, display: name, roles, agencies, ...rest });
      store.contacts.set(name, contact ?? { mail: `${name}@mail.test`, language: "en" });
    });
  }
  /** Who has the watch, by the roster's own document. */
  duty(name: string): void {
    const { version, text } = this.room.desk.policies.get("roster")!;
    const next = text.replace("rota: [operator]", `rota: [${name}]`);
    this.room.must("chief", (d, w) => d.putPolicy(w, "roster", next, "people", version));
  }
  /** Lets time go by in steps, with a round at each. */
  async pass(ms: number, stepMs = 15_000): Promise<void> {
    for (const end = this.room.now + ms; this.room.now < end; ) {
      this.room.wait(Math.min(stepMs, end - this.room.now));
      await this.notifier.round();
    }
  }
  round = () => this.notifier.round();
  /** `kind→receiver`, over one channel. */
  lines(channel = "mail"): string[] {
    return this.told.filter((t) => t.channel === channel).map((t) => `${t.message.kind}→${t.to}`);
  }
  /** The console dies and comes back. */
  restart(): void {
    this.room = this.room.restart();
    this.notifier = this.build();
  }
}
