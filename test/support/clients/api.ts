import { exports } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { UserId } from "../../../src/domain/ids.ts";
import { Permission } from "../../../src/domain/spaces/permission.ts";
import { insertSignedIn } from "../accounts/rows.ts";
import { assertDocumented } from "./documented/answers.ts";

const ORIGIN = "https://parley.test";

/** An HTTP answer. `body` is the parsed JSON, other text, or `undefined` for an empty body. */
export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

export interface CallOptions {
  token?: string;
  /** strings, bytes and streams are sent unchanged, other values as JSON */
  body?: unknown;
  headers?: Record<string, string>;
}

/** One HTTP call to the Worker. Asserts that the answer is as `/openapi.json` documents it. */
export async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  return readAnswer(method, path, await exports.default.fetch(request(method, path, options)));
}

/**
 * Reads a response that a test got in another way than by `call`.
 * @throws an Error if it is not as `/openapi.json` documents it
 */
export async function readAnswer(method: string, path: string, response: Response): Promise<Answer> {
  const text = await response.text();
  const { status, headers } = response;
  assertDocumented(method, path, { status, headers, text });
  return { status, headers, body: parse(text, headers.get("Content-Type")) };
}

/** Builds the request of a `call`, for tests that send it in another way. */
export function request(method: string, path: string, { token, body, headers }: CallOptions = {}): Request {
  const all = new Headers(headers);
  if (token !== undefined) all.set("Authorization", `Bearer ${token}`);
  if (body === undefined) return new Request(`${ORIGIN}${path}`, { method, headers: all });
  if (!all.has("Content-Type")) all.set("Content-Type", "application/json");
  const asIs = typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
  const raw = asIs ? body : JSON.stringify(body);
  return new Request(`${ORIGIN}${path}`, { method, headers: all, body: raw });
}

/** Asserts that an answer is this problem (RFC 9457), and that it discloses no internals. */
export function expectProblem(answer: Answer, status: number, code: string): void {
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status, body: { status, code } });
  expect(answer.headers.get("Content-Type")).toBe("application/problem+json");
  expect(answer.body).toEqual({
    type: "about:blank",
    title: expect.any(String),
    status,
    code,
    detail: expect.any(String),
    ...(z.object({ errors: z.array(z.unknown()) }).safeParse(answer.body).success && {
      errors: expect.arrayContaining([{ path: expect.any(String), message: expect.any(String) }]),
    }),
    ...(z.object({ policy: z.string() }).safeParse(answer.body).success && {
      policy: expect.toBeOneOf(["mention_all", "may_write"]),
    }),
    ...(z.object({ permission: z.string() }).safeParse(answer.body).success && {
      permission: Permission.parse(z.object({ permission: z.string() }).parse(answer.body).permission),
    }),
    ...(code === "quota" && {
      limit: expect.any(Number),
      used: expect.any(Number),
      resets_at: expect.toBeOneOf([null, expect.any(Number)]),
    }),
  });
}

export const PASSWORD = "correct horse battery";

export const SignedIn = z.object({
  token: z.string(),
  expires_at: z.int(),
  user: z.object({ id: UserId, username: z.string(), nickname: z.string() }),
});
export type SignedIn = z.infer<typeof SignedIn>;

let names = 0;

/** A username that no other test uses: the tests of a file share storage. */
export function freshName(prefix = "user"): string {
  names += 1;
  return `${prefix}_${names}_${crypto.randomUUID().slice(0, 8)}`;
}

/** Inserts a user with `PASSWORD` and a session, as rows: for tests that need no registration. */
export async function register(): Promise<SignedIn>;
/** Registers a user over HTTP, with `PASSWORD`. */
export async function register(username: string, fields?: object): Promise<SignedIn>;
export async function register(username?: string, fields: object = {}): Promise<SignedIn> {
  if (username === undefined) return SignedIn.parse((await registerUsers(1))[0]);
  const answer = await call("POST", "/v1/register", { body: { username, password: PASSWORD, ...fields } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return SignedIn.parse(answer.body);
}

const MONTH_S = 30 * 24 * 3_600;

/** As many users as a literal number says; of any other number a list. */
export type People<Count extends number> = number extends Count ? SignedIn[] : Exactly<Count>;
type Exactly<Count extends number, Found extends SignedIn[] = []> = Found["length"] extends Count
  ? Found
  : Exactly<Count, [...Found, SignedIn]>;

/** Inserts users with `PASSWORD` and a session each, as rows. */
export function registerUsers<Count extends number>(count: Count): Promise<People<Count>>;
export function registerUsers(count: number) {
  const usernames = Array.from({ length: count }, () => freshName());
  return insertSignedIn({ usernames, password: PASSWORD, createdAt: Date.now(), lifetimeS: MONTH_S });
}

/** Signs in over HTTP, which adds a session. */
export async function login(username: string, headers: Record<string, string> = {}): Promise<SignedIn> {
  const answer = await call("POST", "/v1/login", { body: { username, password: PASSWORD }, headers });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return SignedIn.parse(answer.body);
}

/** Parses JSON by its content type; other content stays text. */
function parse(text: string, type: string | null): unknown {
  if (text === "") return undefined;
  // Lines of JSON are no JSON.
  return type?.includes("json") && !type.includes("ndjson") ? JSON.parse(text) : text;
}
