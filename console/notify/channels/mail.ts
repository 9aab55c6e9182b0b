// Mail by SMTP. STARTTLS is required (or TLS from the first byte on port 465) and the server's certificate is checked: no message and
// no password goes out in the clear. The address is judged before it is connected to (console/outbound). RFC 5321, 3207, 8314.
import { connect, isIP, type LookupFunction, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { createTransport } from "nodemailer";
import { type AddressPolicy, addressFault } from "../../outbound/address.ts";
import { messageOf, Problem } from "../../problem.ts";
import type { ChannelRule } from "../policy.ts";
import type { Channel, Message, Outcome } from "../ports.ts";

type MailRule = Extract<ChannelRule, { kind: "mail" }>;

export interface MailParts {
  rule: MailRule;
  /** Reads a secret by name; throws a Problem. */
  secret(name: string): string;
  /** Gives allowed addresses only. */
  lookup: LookupFunction;
  addresses: AddressPolicy;
  /** Roots beside the system's: a province's own authority. */
  roots?: string[];
  limits?: { connectMs: number; talkMs: number };
}

/** Characters of a server's words that are kept. */
const MOST_SAID = 300;
const LIMITS = { connectMs: 10_000, talkMs: 30_000 };
const IMPLICIT_TLS_PORT = 465;

export function mailChannel(parts: MailParts): Channel {
  const { rule } = parts;
  const limits = parts.limits ?? LIMITS;
  const withTransport = async (run: (t: ReturnType<typeof transportOver>) => Promise<Outcome>): Promise<Outcome> => {
    let socket: Socket | undefined;
    // A name's addresses are judged as they are looked up; a literal is not looked up.
    const fault = isIP(rule.host) === 0 ? undefined : addressFault(rule.host, parts.addresses);
    if (fault) return broken(fault, "this address may not be sent to");
    let password: string | undefined;
    try {
      password = rule.passwordSecret === undefined ? undefined : parts.secret(rule.passwordSecret);
      socket = await opened(parts, limits.connectMs);
      const transport = transportOver(socket, parts, password, limits);
      try {
        return without(await run(transport), rule, password);
      } finally {
        transport.close();
      }
    } catch (error) {
      return without(outcomeOf(error), rule, password);
    } finally {
      socket?.destroy();
    }
  };
  return {
    async send(message, to) {
      const receivers = rule.to ?? (to.contact?.mail === undefined ? [] : [to.contact.mail]);
      if (receivers.length === 0) return refused("no-mail-address", `${to.account} has no mail address`);
      return withTransport(async (transport) => {
        const info = await transport.sendMail(mailOf(rule, message, receivers));
        const [wrong] = info.rejectedErrors ?? [];
        // Of several receivers some were taken: to try again would tell those twice.
        return wrong && info.accepted.length === 0 ? outcomeOf(wrong) : { ok: true };
      });
    },
    probe: () =>
      withTransport(async (transport) => {
        await transport.verify();
        return { ok: true };
      }),
  };
}

const mailOf = (rule: MailRule, m: Message, to: string[]) => ({
  from: { name: "Vọng Gác", address: rule.from },
  to,
  subject: m.subject,
  text: m.text,
  html: m.html,
  // The same at each try: a receiver's server may drop the second of two.
  messageId: `<${m.id}@${rule.from.slice(rule.from.indexOf("@") + 1)}>`,
  date: new Date(m.at),
  ...(m.urgent ? { priority: "high" as const } : {}),
  headers: {
    "Content-Language": m.language,
    // RFC 3834: no out-of-office answers, please.
    "Auto-Submitted": "auto-generated",
    "X-Vonggac-Id": m.id,
    ...(m.incident ? { "X-Vonggac-Incident": m.incident.id } : {}),
  },
  disableFileAccess: true,
  disableUrlAccess: true,
});

function transportOver(
  socket: Socket,
  { rule, roots }: MailParts,
  password: string | undefined,
  limits: typeof LIMITS,
) {
  return createTransport({
    host: rule.host,
    port: rule.port,
    connection: socket,
    secured: rule.port === IMPLICIT_TLS_PORT,
    requireTLS: true,
    ...(password === undefined ? {} : { auth: { user: rule.user ?? "", pass: password }, forceAuth: true }),
    tls: tlsOf(rule, roots),
    greetingTimeout: limits.talkMs,
    socketTimeout: limits.talkMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

const tlsOf = (rule: MailRule, roots: string[] | undefined) => ({
  // A literal address is no name to ask for (RFC 6066); the certificate must then bear that address.
  ...(isIP(rule.host) === 0 ? { servername: rule.host } : { host: rule.host }),
  minVersion: "TLSv1.2" as const,
  rejectUnauthorized: true,
  ...(roots ? { ca: roots } : {}),
});

/** A connection to a judged address, with TLS already where the port begins with it. */
function opened({ rule, lookup, roots }: MailParts, withinMs: number): Promise<Socket> {
  const { host, port } = rule;
  return new Promise((resolve, reject) => {
    const socket: Socket =
      port === IMPLICIT_TLS_PORT
        ? connectTls({ host, port, lookup, ...tlsOf(rule, roots) }, () => done())
        : connect({ host, port, lookup }, () => done());
    const timer = setTimeout(
      () => socket.destroy(Object.assign(new Error(`no connection within ${withinMs} ms`), { code: "ETIMEDOUT" })),
      withinMs,
    );
    const done = () => {
      clearTimeout(timer);
      socket.off("error", failed);
      resolve(socket);
    };
    const failed = (error: Error) => {
      clearTimeout(timer);
      reject(error);
    };
    socket.once("error", failed);
  });
}

const refused = (code: string, detail: string): Outcome => ({ ok: false, of: "receiver", final: true, code, detail });
const broken = (code: string, detail: string): Outcome => ({ ok: false, of: "channel", final: false, code, detail });

interface SmtpError extends Error {
  code?: string;
  responseCode?: number;
  response?: string;
  command?: string;
}

/** What an error means: the receiver's fault or the channel's, for good or for now. The server's words are kept. */
function outcomeOf(error: unknown): Outcome {
  if (error instanceof Problem) return broken(error.code, error.message);
  const e = error as SmtpError;
  const said = e.response ?? messageOf(error);
  const status = e.responseCode;
  // After RCPT or DATA the server speaks of this mail; before, of us.
  const ofMail = e.code === "EENVELOPE" || e.code === "EMESSAGE";
  if (ofMail && status !== undefined) {
    // 5.7.x is a rule there (relaying, reputation), which is mended there; RFC 3463.
    const final = status >= 500 && !/^\d{3}[ -]5\.7\./.test(e.response ?? "");
    // A refusal of our own sender address is no receiver's fault.
    const own = e.command === "MAIL FROM";
    return { ok: false, of: own ? "channel" : "receiver", final: final && !own, code: `smtp-${status}`, detail: said };
  }
  if (e.code === "EAUTH") return broken("smtp-login-refused", said);
  if (e.code === "ETLS" || /STARTTLS/i.test(messageOf(error))) return broken("smtp-no-tls", said);
  if (isCertificateFault(e)) return broken("smtp-certificate", said);
  if (e.code === "ETIMEDOUT") return broken("smtp-timeout", said);
  if (status !== undefined) return broken(`smtp-${status}`, said);
  if (e.code?.startsWith("address-")) return broken(e.code, said);
  return broken("smtp-unreachable", said);
}

/** A server may say back what it was told, and its words are kept and shown: the password, also as AUTH carries it, is taken out. */
function without(outcome: Outcome, rule: MailRule, password: string | undefined): Outcome {
  if (outcome.ok) return outcome;
  const base64 = (text: string) => Buffer.from(text, "utf8").toString("base64");
  const said = password === undefined ? [] : [password, base64(password), base64(`\0${rule.user ?? ""}\0${password}`)];
  const detail = said.reduce((text, secret) => text.replaceAll(secret, "***"), outcome.detail);
  return { ...outcome, detail: detail.replaceAll(/\s+/g, " ").slice(0, MOST_SAID) };
}

const CERTIFICATE =
  /certificate|self.signed|altname|ERR_TLS|UNABLE_TO|CERT_|DEPTH_ZERO|ssl|wrong version number|handshake/i;
const isCertificateFault = (e: SmtpError): boolean => CERTIFICATE.test(`${e.code ?? ""} ${e.message}`);
