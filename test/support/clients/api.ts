import { env, exports } from "cloudflare:workers";
import { randomBytes, scryptSync } from "node:crypto";
import { expect } from "vitest";
import { z } from "zod";
import { UserId } from "../../../src/domain/ids.ts";
import { documented } from "./documented.ts";

const ORIGIN = "https://parley.test";

/** What an answer was: `body` is the parsed JSON or other text, `undefined` where there is none. */
export interface Answer {
  status: number;
  headers: Headers;
  body: unknown;
}

export interface CallOptions {
  token?: string;
  /** strings, bytes and streams go out as they are, everything else as JSON */
  body?: unknown;
  headers?: Record<string, string>;
}

/** One HTTP call through the Worker's public door; its answer must be as the document says. */
export async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
  return answerOf(method, path, await exports.default.fetch(request(method, path, options)));
}

/** What a response says, for tests which call another way. @throws if it is not as the document says */
export async function answerOf(method: string, path: string, response: Response): Promise<Answer> {
  const text = await response.text();
  const { status, headers } = response;
  documented(method, path, { status, headers, text });
  return { status, headers, body: parse(text, headers.get("Content-Type")) };
}

/** The request of a `call`, for tests which send it another way. */
export function request(method: string, path: string, { token, body, headers }: CallOptions = {}): Request {
  const all = new Headers(headers);
  if (token !== undefined) all.set("Authorization", `Bearer ${token}`);
  if (body === undefined) return new Request(`${ORIGIN}${path}`, { method, headers: all });
  if (!all.has("Content-Type")) all.set("Content-Type", "application/json");
  const asIs = typeof body === "string" || body instanceof Uint8Array || body instanceof ReadableStream;
  const raw = asIs ? body : JSON.stringify(body);
  return new Request(`${ORIGIN}${path}`, { method, headers: all, body: raw });
}

/** Asserts that an answer is this problem (RFC 9457), and that it tells nothing of our insides. */
export function problem(answer: Answer, status: number, code: string): void {
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

/** A username which no other test has: storage is shared by the tests of a file. */
export function freshName(prefix = "user"): string {
  names += 1;
  return `${prefix}_${names}_${crypto.randomUUID().slice(0, 8)}`;
}

/** A user with `PASSWORD`, of whom no test cares how he came: a row, whose password costs next to nothing to check. */
export async function register(): Promise<SignedIn>;
/** Registers a user over HTTP, with `PASSWORD`. */
export async function register(username: string, fields?: object): Promise<SignedIn>;
export async function register(username?: string, fields: object = {}): Promise<SignedIn> {
  if (username === undefined) return login(await insertUser());
  const answer = await call("POST", "/v1/register", { body: { username, password: PASSWORD, ...fields } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return SignedIn.parse(answer.body);
}

async function insertUser(): Promise<string> {
  const username = freshName();
  const salt = randomBytes(16);
  const key = scryptSync(PASSWORD, salt, 32, { N: 2, r: 1, p: 1 });
  const hash = `scrypt$2$1$1$${salt.toString("base64url")}$${key.toString("base64url")}`;
  const insert = "INSERT INTO users (username, password_hash, created_at) VALUES (?, ?, ?)";
  await env.DB.prepare(insert).bind(username, hash, Date.now()).run();
  return username;
}

/** Signs in over HTTP: one more session of the user. */
export async function login(username: string, headers: Record<string, string> = {}): Promise<SignedIn> {
  const answer = await call("POST", "/v1/login", { body: { username, password: PASSWORD }, headers });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return SignedIn.parse(answer.body);
}

/** JSON where it says that it is, else the text itself. */
function parse(text: string, type: string | null): unknown {
  if (text === "") return undefined;
  return type?.includes("json") ? JSON.parse(text) : text;
}
