import { Buffer } from "node:buffer";
import { z } from "zod";
import { SecurityAction } from "../../../src/domain/security-event.ts";
import { newSession } from "../../support/accounts/sessions.ts";
import { freshName, register, type SignedIn } from "../../support/clients/api.ts";
import { createGroup } from "../../support/clients/chat.ts";
import { type WireAnswer, wire } from "../../support/clients/wire.ts";

export const WRONG = "not the password";
export const ADDRESS = "2001:db8:1:2:aaaa:bbbb:cccc:dddd";
export const BLOCK = "2001:0db8:0001:0002::/64";
export const RAY = "9f0c1d2e3a4b5c6d-FRA";

/** A line of the log. */
export const Event = z.strictObject({
  level: z.enum(["info", "warn"]),
  event: z.literal("security"),
  action: SecurityAction,
  user: z.int().nullable(),
  by: z.int().nullable(),
  conversation: z.int().optional(),
  space: z.int().optional(),
  role: z.string().optional(),
  key: z.string().optional(),
  server_key: z.string().optional(),
  from: z.string().nullable(),
  request: z.string(),
});
export type Event = z.infer<typeof Event>;

const Claims = z.looseObject({ sid: z.string() });

/** A group of an owner and two members, and a name and a session to use up. */
export interface Scene {
  owner: SignedIn;
  ann: SignedIn;
  bob: SignedIn;
  id: number;
  name: string;
  /** another session of Ann */
  second: { token: string; sessionId: string };
}

export async function newScene(): Promise<Scene> {
  const [owner, ann, bob] = [await register(), await register(), await register()];
  const { id } = await createGroup(owner, [ann, bob]);
  const { token } = await newSession(ann);
  const { sid } = Claims.parse(JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()));
  return { owner, ann, bob, id, name: freshName(), second: { token, sessionId: sid } };
}

/** The headers of Cloudflare: an address and a request id. */
export const BY_CLOUDFLARE = { "CF-Connecting-IP": ADDRESS, "cf-ray": RAY };

type Body = Record<string, unknown>;

/** A call of v1. */
export const v1 = (token: string | undefined, method: string, path: string, body?: Body, headers = {}) =>
  wire({
    method,
    path: `/v1${path}`,
    headers: {
      ...BY_CLOUDFLARE,
      ...(token !== undefined && { Authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body && { body }),
  });

/** A call of tim. */
export const tim = (token: string | undefined, path: string, body: Body) =>
  wire({
    method: "POST",
    path,
    headers: { ...BY_CLOUDFLARE, ...(token !== undefined && { token }) },
    body,
  });

/** A call of usersig, for the user of this name. */
export const usersig = (path: string, user_id: string, token: string) =>
  wire({ method: "POST", path: `/chat${path}/`, headers: BY_CLOUDFLARE, body: { user_id, token } });

export const appkey = (key: string | undefined, token: string) =>
  wire({
    method: "GET",
    path: "/message?conversationid=-100000001",
    headers: { ...BY_CLOUDFLARE, "X-APP-Session": token, ...(key !== undefined && { "X-APP-Key": key }) },
  });

/** Ten wrong passwords from one address, which lock a name there. @param headers of another address */
export async function lock(username: string, headers: Record<string, string> = {}): Promise<void> {
  for (let guess = 0; guess < 10; guess++)
    await v1(undefined, "POST", "/login", { username, password: WRONG }, headers);
}

/** A call, and what it records. */
export interface Row {
  what: string;
  /** done before the log is read */
  prepare?: (scene: Scene) => Promise<unknown>;
  run: (scene: Scene) => Promise<WireAnswer>;
  /** the events of the call; an absent `user` is that of a user whom the call creates */
  events: (scene: Scene) => Partial<Event>[];
}

export const id = ({ user }: SignedIn): number => user.id;
export const nameOf = ({ user }: SignedIn): string => user.username;
/** An event that a user has caused themself. */
export const self = (action: SecurityAction, user: SignedIn) => ({ action, user: id(user), by: id(user) });
