// `incident …`: incidents read and worked on over the console's API, with whatever rights the token or the machine's socket has.
import { writeFileSync } from "node:fs";
import { Command, Option } from "commander";
import { callConsole, callJson } from "../people/console.ts";
import { line, spoken, text } from "../say.ts";
import { evidenceVerb } from "./evidence.ts";
import {
  type Asked,
  type Incident,
  instant,
  isoOf,
  lineOf,
  list,
  onIncident,
  pathOf,
  say,
  verbOf,
  work,
} from "./shared.ts";

/** Moves along an incident's life: the verb, the API's name of it, and which of its fields are options. */
const MOVES: readonly { verb: string; act: string; fields?: readonly Field[] }[] = [
  { verb: "ack", act: "acknowledge", fields: [["reason", false]] },
  { verb: "investigate", act: "investigate" },
  { verb: "contain", act: "contain", fields: [["reason", true]] },
  { verb: "recover", act: "recover", fields: [["reason", true]] },
  { verb: "close", act: "close", fields: [["resolution", true]] },
  { verb: "reopen", act: "reopen", fields: [["reason", true]] },
  {
    verb: "assign",
    act: "assign",
    fields: [
      ["to", true],
      ["reason", true],
    ],
  },
  {
    verb: "merge",
    act: "merge",
    fields: [
      ["into", true],
      ["reason", true],
    ],
  },
  {
    verb: "split",
    act: "split",
    fields: [
      ["agencies", true],
      ["reason", true],
    ],
  },
  {
    verb: "severity",
    act: "set-severity",
    fields: [
      ["severity", true],
      ["reason", true],
    ],
  },
  {
    verb: "detected",
    act: "correct-detection",
    fields: [
      ["at", true],
      ["reason", true],
    ],
  },
];
type Field = readonly ["reason" | "resolution" | "to" | "into" | "agencies" | "severity" | "at", boolean];
const SEVERITIES = ["critical", "high", "medium", "low", "info"];

function fieldOption([name, mandatory]: Field): Option {
  const option = new Option(
    `--${name} <${name === "agencies" ? "list" : name === "at" ? "time" : "text"}>`,
    text(`option.act-${name}`),
  );
  if (name === "agencies") option.argParser(list);
  if (name === "at") option.argParser(instant);
  if (name === "severity") option.choices(SEVERITIES);
  return mandatory ? option.makeOptionMandatory() : option;
}

function moveVerb({ verb, act, fields = [] }: (typeof MOVES)[number]): Command {
  const command = onIncident(verb, `help.incident.${verb}`);
  for (const field of fields) command.addOption(fieldOption(field));
  return command.action(async (id: string, options: Asked & Record<string, unknown>) => {
    const told = fields.flatMap(([name]) => (options[name] === undefined ? [] : [[name, options[name]]]));
    const done = await callJson<{ incident: Incident }>(
      options,
      "POST",
      pathOf(id, `/${act}`),
      Object.fromEntries(told),
    );
    say(options.json, done.incident, () => line(lineOf(done.incident)));
  });
}

export function incidentVerb(): Command {
  const command = new Command("incident").description(text("help.incident"));
  for (const part of [
    listVerb(),
    showVerb(),
    ...MOVES.map(moveVerb),
    commentVerb(),
    classifyVerb(),
    declareVerb(),
    evidenceVerb(),
  ])
    command.addCommand(part);
  return command;
}

const listVerb = (): Command =>
  verbOf("list", "help.incident.list")
    .option("--open", text("option.open"))
    .option("--search <text>", text("option.search"))
    .action(async (options: Asked & { open?: true; search?: string }) => {
      const query = new URLSearchParams({
        limit: "200",
        ...(options.open && { open: "true" }),
        ...(options.search && { search: options.search }),
      });
      const found: Incident[] = [];
      for (let cursor: string | undefined = ""; cursor !== undefined; ) {
        const path = `/api/incidents?${query}${cursor && `&cursor=${cursor}`}`;
        const page: { items: Incident[]; next?: string } = await callJson(options, "GET", path);
        found.push(...page.items);
        cursor = page.next;
      }
      say(options.json, found, () => {
        if (found.length === 0) line(text("incident.none"));
        for (const i of found) line(lineOf(i));
      });
    });

interface Case {
  incident: Incident;
  work: {
    classification: { nature: string; grades: string[]; confirmed: boolean };
    clocks: { id: string; dueAt?: number; metAt?: number }[];
    tasks: { done: number; total: number };
    comments: number;
    evidence: number;
  };
  events: { at: number; by: string; kind: string; detail: Record<string, unknown> }[];
}

const showVerb = (): Command =>
  onIncident("show", "help.incident.show").action(async (id: string, options: Asked) => {
    const { result } = await callJson<{ result: Case }>(options, "GET", pathOf(id, "/case"));
    say(options.json, result, () => {
      const { classification, clocks, tasks, comments, evidence } = result.work;
      line(lineOf(result.incident));
      line(text("incident.class", { nature: classification.nature, grades: classification.grades.join(", ") || "-" }));
      line(text("incident.work", { done: tasks.done, total: tasks.total, comments, evidence }));
      for (const c of clocks) line(clockLine(c));
      for (const e of result.events) line(`${isoOf(e.at)}  ${e.by}  ${e.kind}  ${wordsOf(e.detail)}`);
    });
  });

export const clockLine = (c: { id: string; dueAt?: number; metAt?: number }): string =>
  text(c.metAt !== undefined ? "clock.met" : c.dueAt === undefined ? "clock.open" : "clock.due", {
    id: c.id,
    at: isoOf(c.metAt ?? c.dueAt ?? 0),
  });

const wordsOf = (detail: Record<string, unknown>): string =>
  Object.entries(detail)
    .map(([k, v]) => `${k}=${Array.isArray(v) ? v.join(",") : String(v)}`)
    .join(" ");

const commentVerb = (): Command =>
  onIncident("comment", "help.incident.comment")
    .argument("<text>", text("argument.text"))
    .action(async (id: string, said: string, options: Asked) => {
      const state = await work(options, pathOf(id, "/casework/comment"), { text: said });
      say(options.json, state, () => line(text("incident.commented", { id })));
    });

const classifyVerb = (): Command =>
  onIncident("classify", "help.incident.classify")
    .requiredOption("--nature <id>", text("option.nature"))
    .option("--grades <list>", text("option.grades"), list, [])
    .option("--reason <text>", text("option.act-reason"), "")
    .action(async (id: string, options: Asked & { nature: string; grades: string[]; reason: string }) => {
      const { nature, grades, reason } = options;
      const state = await work(options, pathOf(id, "/casework/classify"), { nature, grades, reason });
      say(options.json, state, () => line(text("incident.class", { nature, grades: grades.join(", ") || "-" })));
    });

const declareVerb = (): Command =>
  verbOf("declare", "help.incident.declare")
    .requiredOption("--asset <id>", text("option.asset"))
    .addOption(
      new Option("--class <class>", text("option.class"))
        .choices(["intrusion", "data", "service", "connectivity"])
        .makeOptionMandatory(),
    )
    .addOption(new Option("--severity <text>", text("option.act-severity")).choices(SEVERITIES).default("high"))
    .requiredOption("--summary <text>", text("option.summary"))
    .option("--detected <time>", text("option.detected"), instant)
    .option("--agencies <list>", text("option.act-agencies"), list, [])
    .option("--actor <list>", text("option.actor"), list, [])
    .action(
      async (
        options: Asked &
          Record<"asset" | "class" | "severity" | "summary", string> & {
            detected?: number;
            agencies: string[];
            actor: string[];
          },
      ) => {
        const { asset, severity, summary, agencies, actor, detected = Date.now() } = options;
        const indicators = actor.map((value) => ({ type: "actor", value }));
        const body = { asset, class: options.class, severity, summary, agencies, indicators, detectedAt: detected };
        const { result } = await callJson<{ result: Incident }>(options, "POST", "/api/incidents", body);
        say(options.json, result, () => line(lineOf(result)));
      },
    );

/** `export`: the whole record of one incident, or all incidents, to a new file or standard output. */
export const exportVerb = (): Command =>
  verbOf("export", "help.export")
    .argument("[incident]", text("argument.incident"))
    .addOption(new Option("--format <format>", text("option.format")).choices(["json", "csv", "html"]).default("json"))
    .option("--out <file>", text("option.out-file"))
    .action(async (id: string | undefined, options: Asked & { format: string; out?: string }) => {
      const path =
        id === undefined ? "/api/incidents/export" : pathOf(id, `/timeline/${options.format}?language=${spoken()}`);
      const whole = await callConsole(options, "GET", path);
      if (options.out === undefined) return void process.stdout.write(whole);
      writeFileSync(options.out, whole, { mode: 0o600, flag: "wx" });
      line(text("audit.exported", { file: options.out }));
    });
