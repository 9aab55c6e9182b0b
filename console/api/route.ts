// What a route is: one row of the visible table (routes.ts) that says who may call it, what it takes, what it gives, and which
// function does it. Everything else (authentication, permission, validation, idempotency, rate, audit of looks) is the
// router's, so that no row can forget it.
import type { Static, TObject, TSchema } from "typebox";
import Type from "typebox";
import type { Permission } from "../people/roles.ts";
import type { Principal } from "../people/scope.ts";
import type { SignIns } from "./desk/desk.ts";
import type { Site } from "./desk/passkeys.ts";
import type { ProviderDesk } from "./desk/provider.ts";
import type { Backend, Reader } from "./ports.ts";
import type { ProblemCode } from "./problems.ts";

/** `public`: anybody. `signed-in`: whoever is signed in, with whatever role. */
export type Needs = Permission | "public" | "signed-in";
export type Method = "GET" | "POST" | "PATCH" | "DELETE";

export interface Api {
  backend: Backend;
  desk: SignIns;
  /** The identity provider, where one is configured. */
  provider: ProviderDesk | undefined;
  /** The OpenAPI document. */
  document(): unknown;
}

export interface Call<P, Q, B> {
  /** Nobody on public routes. */
  who: Principal;
  /** The data as far as they may see it. */
  reader: Reader;
  params: P;
  query: Q;
  body: B;
  /** Where the request came from. */
  address: string;
  /** The session's cookie, where there is one. */
  cookie: string | undefined;
  /** The site as the browser names it; absent where it was opened by a bare address. */
  site: Site | undefined;
  /** Cookies of a sign-in that is under way (OpenID Connect). */
  flow: string | undefined;
  url: URL;
  /** The address as it was asked for, with its query. */
  asked: string;
}

export interface Done {
  status?: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** A new session's cookie, or "" to end it. */
  session?: string;
  flow?: string;
  /** Lines, for exports: a body that is too large to hold. */
  lines?: { type: string; of: Iterable<string>; headers?: Record<string, string> };
}
export type Refused = { refused: ProblemCode; detail?: string; retryAfterMs?: number };
export type Reply = Done | Refused;

export interface Route {
  /** The operation's id, unique: what tests and clients name it by. */
  id: string;
  method: Method;
  /** With {names} for parameters. */
  path: string;
  needs: Needs;
  summary: string;
  params: TObject;
  query: TObject;
  body: TSchema | undefined;
  bodyBytes: number;
  /** Of a good answer; undefined for none, or for what is not JSON. */
  gives: TSchema | undefined;
  givesType: string;
  status: number;
  /** Beside those that any route may give. */
  refuses: readonly ProblemCode[];
  /** What a body of another shape is called. */
  invalid: ProblemCode;
  /** Asks for a recent proof of who it is, and takes no token. */
  proof: boolean;
  /** Shows personal data: the look is audited. */
  personal: boolean;
  /** Its answer holds a secret, and is never kept. */
  secret: boolean;
  /** Not an answer but a WebSocket. */
  upgrade: boolean;
  run(api: Api, call: Call<never, never, never>): Reply | Promise<Reply>;
}

const NOTHING = Type.Object({}, { additionalProperties: false });
const MOST_BODY = 16 * 1024;

type Optional =
  | "bodyBytes"
  | "refuses"
  | "invalid"
  | "proof"
  | "personal"
  | "secret"
  | "upgrade"
  | "status"
  | "givesType"
  | "gives";
type Row<P extends TObject, Q extends TObject, B extends TSchema> = Omit<
  Route,
  Optional | "params" | "query" | "body" | "run"
> &
  Partial<Pick<Route, Optional>> & {
    params?: P;
    query?: Q;
    body?: B;
    run(api: Api, call: Call<Static<P>, Static<Q>, Static<B>>): Reply | Promise<Reply>;
  };

/** A row of the table, with what it does not say filled in. */
export function route<
  P extends TObject = TObject<Record<never, TSchema>>,
  Q extends TObject = TObject<Record<never, TSchema>>,
  B extends TSchema = TSchema,
>(row: Row<P, Q, B>): Route {
  return {
    bodyBytes: MOST_BODY,
    gives: undefined,
    givesType: "application/json",
    status: 200,
    refuses: [],
    invalid: "request-invalid",
    proof: false,
    personal: false,
    secret: false,
    upgrade: false,
    ...row,
    params: row.params ?? NOTHING,
    query: row.query ?? NOTHING,
    body: row.body,
    run: row.run as Route["run"],
  };
}

export const refuse = (refused: ProblemCode, detail?: string): Refused => ({
  refused,
  ...(detail === undefined ? {} : { detail }),
});
