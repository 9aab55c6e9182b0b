// `silence …`, `task …`, `clock …`, `duty …`: the rest of people's work, each over the verb of the API of the same name.
import { Command, InvalidArgumentError, Option } from "commander";
import { callJson } from "../people/console.ts";
import { line, spoken, text } from "../say.ts";
import { clockLine } from "./incident.ts";
import { type Asked, instant, isoOf, onIncident, pathOf, say, verbOf, work } from "./shared.ts";

interface Silence {
  id: string;
  kind: string;
  from: number;
  until: number;
  endedAt?: number;
  by: string;
  reason: string;
  matchers: Matcher[];
}
interface Matcher {
  field: string;
  op: "is" | "is-not";
  values: string[];
}

/** `asset=hub1,hub2`, `class!=intrusion`. */
function matcherOf(said: string, before: Matcher[] = []): Matcher[] {
  const [, field, op, values] = /^(asset|agency|class|tag|actor|severity)(!?=)(.+)$/.exec(said) ?? [];
  if (!field || !values) throw new InvalidArgumentError(text("option.match-form"));
  return [...before, { field, op: op === "=" ? "is" : "is-not", values: values.split(",").filter((v) => v !== "") }];
}

type AskedSilence = Asked & {
  match: Matcher[];
  from?: number;
  until: number;
  reason: string;
  maintenance?: true;
  late?: string;
};
const bodyOf = (o: AskedSilence) => ({
  kind: o.maintenance ? "maintenance" : "silence",
  matchers: o.match,
  from: o.from ?? Date.now(),
  until: o.until,
  reason: o.reason,
  ...(o.late === undefined ? {} : { lateNotice: o.late }),
});
const askedSilence = (command: Command): Command =>
  command
    .addOption(new Option("--match <matcher...>", text("option.match")).argParser(matcherOf).makeOptionMandatory())
    .option("--from <time>", text("option.from"), instant)
    .addOption(new Option("--until <time>", text("option.until")).argParser(instant).makeOptionMandatory())
    .requiredOption("--reason <text>", text("option.act-reason"))
    .option("--maintenance", text("option.maintenance"))
    .option("--late <text>", text("option.late"));
const silenceLine = (s: Silence): string =>
  `${s.id}  ${s.kind}  ${isoOf(s.from)} - ${isoOf(s.endedAt ?? s.until)}  ${s.matchers.map((m) => `${m.field}${m.op === "is" ? "=" : "!="}${m.values}`).join(" ")}  ${s.by}  ${s.reason}`;

export const silenceVerb = (): Command =>
  new Command("silence")
    .description(text("help.silence"))
    .addCommand(
      verbOf("list", "help.silence.list").action(async (options: Asked) => {
        const all = await work<Silence[]>(options, "/api/casework/silences");
        say(options.json, all, () => {
          for (const s of all) line(silenceLine(s));
        });
      }),
    )
    .addCommand(
      askedSilence(verbOf("preview", "help.silence.preview")).action(async (options: AskedSilence) => {
        const said = await work<{
          incidents: string[];
          assets: string[];
          noticeDays: number;
          noticeWorkingDays: number;
        }>(options, "/api/casework/silence-preview", bodyOf(options));
        say(options.json, said, () => {
          const { noticeDays: days, noticeWorkingDays: least } = said;
          line(text("silence.incidents", { ids: said.incidents.join(", ") || "-" }));
          line(text("silence.assets", { ids: said.assets.join(", ") || "-" }));
          if (options.maintenance) line(text(days < least ? "silence.late" : "silence.notice", { days, least }));
        });
      }),
    )
    .addCommand(
      askedSilence(verbOf("add", "help.silence.add")).action(async (options: AskedSilence) => {
        const made = await work<Silence>(options, "/api/casework/silence", bodyOf(options));
        say(options.json, made, () => line(silenceLine(made)));
      }),
    )
    .addCommand(
      verbOf("end", "help.silence.end")
        .argument("<silence>", text("argument.silence"))
        .requiredOption("--reason <text>", text("option.act-reason"))
        .action(async (silence: string, options: Asked & { reason: string }) => {
          const ended = await work<Silence>(options, "/api/casework/end-silence", { silence, reason: options.reason });
          say(options.json, ended, () => line(silenceLine(ended)));
        }),
    );

interface Task {
  id: string;
  phase: string;
  state: string;
  text: Record<string, string>;
  dueAt?: number;
}
interface State {
  tasks: Task[];
}
const PHASES = ["acknowledge", "investigate", "contain", "recover", "close"];
const taskLine = (x: Task): string =>
  `${x.id}  ${x.state.padEnd(7)} ${x.phase.padEnd(11)} ${x.dueAt === undefined ? "-" : isoOf(x.dueAt)}  ${x.text[spoken()] ?? ""}`;
const sayTasks = (options: Asked, tasks: Task[]): void =>
  say(options.json, tasks, () => {
    for (const x of tasks) line(taskLine(x));
  });

export function taskVerb(): Command {
  const command = new Command("task").description(text("help.task"));
  command.addCommand(
    onIncident("list", "help.task.list").action(async (id: string, options: Asked) => {
      const { result } = await callJson<{ result: { state: State } }>(options, "GET", pathOf(id, "/case"));
      sayTasks(options, result.state.tasks);
    }),
  );
  command.addCommand(
    onIncident("add", "help.task.add")
      .argument("<text>", text("argument.text"))
      .addOption(new Option("--phase <phase>", text("option.phase")).choices(PHASES).default("investigate"))
      .option("--due <time>", text("option.due"), instant)
      .action(async (id: string, said: string, options: Asked & { phase: string; due?: number }) => {
        const { phase, due } = options;
        const body = { phase, text: said, ...(due === undefined ? {} : { dueAt: due }) };
        sayTasks(options, (await work<State>(options, pathOf(id, "/casework/add-task"), body)).tasks);
      }),
  );
  for (const [name, state] of [
    ["done", "done"],
    ["skip", "skipped"],
    ["reopen", "open"],
  ] as const)
    command.addCommand(
      onIncident(name, `help.task.${name}`)
        .argument("<task>", text("argument.task"))
        .option("--reason <text>", text("option.act-reason"), "")
        .action(async (id: string, task: string, options: Asked & { reason: string }) => {
          const body = { task, state, reason: options.reason };
          sayTasks(options, (await work<State>(options, pathOf(id, "/casework/task"), body)).tasks);
        }),
    );
  return command;
}

interface Clock {
  id: string;
  dueAt?: number;
  metAt?: number;
}

export const clockVerb = (): Command =>
  new Command("clock")
    .description(text("help.clock"))
    .addCommand(
      onIncident("list", "help.clock.list").action(async (id: string, options: Asked) => {
        const { result } = await callJson<{ result: { work: { clocks: Clock[] } } }>(
          options,
          "GET",
          pathOf(id, "/case"),
        );
        const { clocks } = result.work;
        say(options.json, clocks, () => {
          for (const c of clocks) line(clockLine(c));
        });
      }),
    )
    .addCommand(
      onIncident("notice", "help.clock.notice")
        .argument("<clock>", text("argument.clock"))
        .requiredOption("--to <text>", text("option.notice-to"))
        .option("--reference <text>", text("option.reference"), "")
        .option("--sent <time>", text("option.sent"), instant)
        .action(
          async (id: string, clock: string, options: Asked & { to: string; reference: string; sent?: number }) => {
            const { to, reference, sent: sentAt = Date.now() } = options;
            const state = await work(options, pathOf(id, "/casework/notice"), { clock, to, reference, sentAt });
            say(options.json, state, () => line(text("clock.noticed", { clock, to })));
          },
        ),
    );

export const dutyVerb = (): Command =>
  new Command("duty")
    .description(text("help.duty"))
    .addCommand(
      verbOf("show", "help.duty.show").action(async (options: Asked) => {
        const now = await work<{ schedule: string; account: string; until: number }[]>(options, "/api/casework/duty");
        say(options.json, now, () => {
          for (const d of now) line(`${d.schedule}  ${d.account}  ${isoOf(d.until)}`);
        });
      }),
    )
    .addCommand(
      verbOf("hand-over", "help.duty.hand-over")
        .argument("<account>", text("argument.account"))
        .requiredOption("--note <text>", text("option.hand-over-note"))
        .action(async (to: string, options: Asked & { note: string }) => {
          const said = await work<{ open: string[] }>(options, "/api/casework/hand-over", { to, note: options.note });
          say(options.json, said, () => line(text("duty.given", { to, ids: said.open.join(", ") || "-" })));
        }),
    );
