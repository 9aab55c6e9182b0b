// The enrolment CA's process: `main.ts --config FILE`, an account of its own. It holds the key that signs agents'
// certificates and signs only what a valid token, or a live certificate that the gateway vouches for, allows.
import { parseArgs } from "node:util";
import { createLog, type Logger } from "../log.ts";
import { messageOf, Problem } from "../problem.ts";
import { type CaConfig, readCaConfig, readTokens, requireMode } from "./config.ts";
import { type Issuer, loadIssuer, type Request, readRequest } from "./issue.ts";
import { Refused } from "./refusal.ts";
import { type CaAnswer, openCaSocket, type Question } from "./socket.ts";
import { type TokenBook, tokenBook } from "./tokens.ts";

const EXIT = { ok: 0, config: 78, software: 70 } as const;

export interface RunningCa {
  close(): Promise<void>;
}

/** Opens the CA's socket. Rejects with a Problem. `now` is injected by tests. */
export async function startCa(config: CaConfig, log: Logger, now: () => number = Date.now): Promise<RunningCa> {
  requireMode(config.caKeyFile, 0o077);
  requireMode(config.tokensFile, 0o027);
  readTokens(config.tokensFile);
  const issuer = await loadIssuer(config.caCertFile, config.caKeyFile, config.days);
  const tokens = tokenBook(config.stateDir, () => readTokens(config.tokensFile));
  const server = await openCaSocket(config.socket, async (question) => {
    try {
      return await answer(issuer, tokens, question, now(), log);
    } catch (error) {
      const code = error instanceof Refused ? error.code : "ca-unavailable";
      log.warn({ problem: code, op: question.op, detail: messageOf(error) });
      throw error;
    }
  });
  log.info({ event: "ca-started", socket: config.socket });
  return { close: () => new Promise((resolve) => server.close(() => resolve())) };
}

/** The five steps: who, what key, may it have that name, use the token up, sign. `identify` ends after the third. */
async function answer(
  issuer: Issuer,
  tokens: TokenBook,
  question: Question,
  now: number,
  log: Logger,
): Promise<CaAnswer> {
  const token = question.op === "renew" ? undefined : tokens.check(question.token, now);
  const agent = question.op === "renew" ? question.agent : token!.agent;
  const request = await readRequest(question.csr);
  requireOwnName(request, agent);
  if (question.op === "identify") return { agent, keySha256: request.keySha256 };
  const certificate = await issuer.issue(agent, request, now);
  // The last step before the answer, and synchronous: of two requests with one token only one gets past it.
  if (token) tokens.use(token, request.keySha256, now);
  log.info({ event: question.op === "enrol" ? "enrolled" : "renewed", agent });
  return { certificate };
}

/** A request may leave its name out; one that asks for another's is not corrected but refused. */
function requireOwnName(request: Request, agent: string): void {
  const other = request.names.find((name) => name !== agent);
  if (other !== undefined) throw new Refused("csr-agent-mismatch", `it asks for ${other.slice(0, 100)}, not ${agent}`);
}

async function main(argv: string[]): Promise<void> {
  process.umask(0o077);
  let log = createLog("info");
  try {
    const { values } = parseArgs({ args: argv, options: { config: { type: "string" } }, strict: false });
    if (typeof values.config !== "string")
      throw new Problem(
        "usage",
        "the command line",
        "--config FILE is missing",
        "Start it as: main.ts --config /path/ca.json",
      );
    const config = readCaConfig(values.config);
    log = createLog(config.logLevel ?? "info");
    const running = await startCa(config, log);
    const stop = () => {
      setTimeout(() => process.exit(EXIT.ok), 2_000).unref();
      void running.close().then(() => process.exit(EXIT.ok));
    };
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
  } catch (error) {
    const problem = error instanceof Problem;
    if (problem) log.fatal({ problem: error.code, where: error.where, detail: error.message, remedy: error.remedy });
    else log.fatal({ problem: "unexpected", detail: messageOf(error) });
    process.exit(problem ? EXIT.config : EXIT.software);
  }
}

if (import.meta.main) await main(process.argv.slice(2));
