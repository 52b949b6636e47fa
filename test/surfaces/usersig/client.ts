import { expect } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../support/accounts/users.ts";
import { freshName, type SignedIn } from "../../support/clients/api.ts";
import { send } from "../../support/clients/chat.ts";
import { type WireAnswer, type WireCall, wire } from "../../support/clients/wire.ts";
import type { Values } from "../../support/surfaces/matching.ts";
import type { Sign } from "../../support/surfaces/stories.ts";

export const RULE_KEY = "test-rule-key-of-a-service";

/** A user in the API's form: exactly these fields. */
export const ChatUser = z.strictObject({
  ...{
    user_id: z.string(),
    name: z.string(),
    nickname: z.string(),
    username: z.string(),
    gender: z.string(),
  },
  ...{ birthday: z.string(), id_card_num: z.string(), phone: z.string(), email: z.string() },
  ...{ province: z.string(), city: z.string(), avatar: z.string(), description: z.string() },
  ...{ is_disable: z.boolean(), login_time: z.string(), create_time: z.string() },
});
export type ChatUser = z.infer<typeof ChatUser>;

const Envelope = z.strictObject({ code: z.int(), message: z.string(), data: z.looseObject({}) });
const UserData = z.strictObject({ chat_user: ChatUser });
const SigData = z.strictObject({
  user_sig: z.string(),
  expire_time: z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
  expires_in: z.literal(300),
});

/** The fields of a call besides method and path. `sig`: a user_sig, or any other token. */
export interface Said extends Pick<WireCall, "body" | "headers" | "settings"> {
  sig?: string | undefined;
}

/** One call of the API. */
export function usersig(
  method: string,
  path: string,
  { sig, headers, ...rest }: Said = {},
): Promise<WireAnswer> {
  const all = { ...headers, ...(sig !== undefined && { Authorization: sig }) };
  return wire({ method, path, headers: all, ...rest });
}

/** Adds the user_sig in the document's form. */
export const withSig: Sign = (call, token) => ({
  ...call,
  headers: { Authorization: token, ...call.headers },
});

/** Asserts success. @returns the data */
export function data({ status, body }: WireAnswer): Record<string, unknown> {
  expect({ status, body }).toMatchObject({ status: 200, body: { code: 200, message: "成功" } });
  return Envelope.parse(body).data;
}

/** Asserts that a call failed with this code, and names this. @returns its message */
export function failure({ status, body }: WireAnswer, code: number, naming = "", expected = 200): string {
  expect({ status, body }).toEqual({
    status: expected,
    body: { code, message: expect.stringContaining(naming), data: {} },
  });
  return Envelope.parse(body).message;
}

/** The user in an answer. */
export function shownUser(answer: WireAnswer): ChatUser {
  return UserData.parse(data(answer)).chat_user;
}

/** Creates a user without a password, under a new name. */
export async function create(fields: object = {}): Promise<ChatUser> {
  const body = { user_id: freshName("chat"), token: RULE_KEY, ...fields };
  return shownUser(await usersig("POST", "/chat/create-chat-user/", { body }));
}

/** Fetches a user_sig of a user. */
export async function sigOf(user_id: string | number): Promise<string> {
  const answer = await usersig("POST", "/chat/get-user-sig/", { body: { user_id, token: RULE_KEY } });
  return SigData.parse(data(answer)).user_sig;
}

export function info(user_id: string, said: Said & { token?: string } = {}): Promise<WireAnswer> {
  const query = new URLSearchParams({ user_id, ...(said.token !== undefined && { token: said.token }) });
  return usersig("GET", `/chat/chat-user-info/?${query}`, said);
}

export function change(body: object, said: Said = {}): Promise<WireAnswer> {
  return usersig("POST", "/chat/change-chat-user-info/", { ...said, body });
}

/** The user's id in this API. */
export const nameOf = ({ user }: SignedIn): string => user.username;

export const Log = z.strictObject({
  ...{
    id: z.string(),
    session_id: z.string(),
    sender: z.string(),
    content: z.json(),
    content_type: z.string(),
  },
  file: z
    .strictObject({
      ...{ id: z.string(), name: z.string(), size: z.int(), content_type: z.string(), url: z.string() },
    })
    .nullable(),
  ...{ have_read: z.boolean(), read_time: z.string(), create_time: z.string() },
});
export type Log = z.infer<typeof Log>;

export const Session = z.strictObject({
  ...{ session_id: z.string(), type: z.literal([1, 2]), name: z.string() },
  session_info: z.union([ChatUser, z.strictObject({ chat_user_list: z.array(ChatUser) })]),
  ...{ create_time: z.string(), unread_count: z.int(), recently_chat_log: Log.nullable() },
});
export type Session = z.infer<typeof Session>;

const Sessions = z.strictObject({
  session_info_list: z.array(Session),
  ...{ num_of_sessions: z.int(), num_of_pages: z.int() },
});
const Logs = z.strictObject({
  chat_log_info_list: z.array(Log),
  ...{ num_of_chat_logs: z.int(), num_of_pages: z.int() },
});

/** A user with a user_sig, or another token. */
export interface Signed {
  name: string;
  sig: string;
}

/** Creates `count` users with a session each. */
export async function everybody(count: number): Promise<Signed[]> {
  return (await signedInUsers(count)).map(signed);
}

export const signed = ({ user, token }: SignedIn): Signed => ({ name: user.username, sig: token });

export function createSession({ sig }: Signed, body: object): Promise<WireAnswer> {
  return usersig("POST", "/chat/create-session/", { sig, body });
}

/** Opens the single chat with a user, or a group with several. @returns its session_id */
export async function open(who: Signed, others: Signed[], name = "a session"): Promise<string> {
  const chat_user_id_list = [who, ...others].map((user) => user.name);
  const type = others.length === 1 ? 1 : 2;
  const { session } = data(await createSession(who, { name, type, chat_user_id_list }));
  return Session.parse(session).session_id;
}

export async function sessions({ sig }: Signed, query = ""): Promise<z.infer<typeof Sessions>> {
  return Sessions.parse(data(await usersig("GET", `/chat/session-info/${query}`, { sig })));
}

export async function logs({ sig }: Signed, id: string, query = ""): Promise<z.infer<typeof Logs>> {
  const path = `/chat/chat-log-info/?session_id=${id}${query}`;
  return Logs.parse(data(await usersig("GET", path, { sig })));
}

/** Marks a single chat as read. @returns the number of newly read messages */
export async function mark({ sig }: Signed, session_id: string): Promise<unknown> {
  return data(await usersig("POST", "/chat/single-chat-mark-as-read/", { sig, body: { session_id } }))
    .marked_count;
}

/** Sends a text over v1. */
export async function say({ sig }: Signed, id: string, text: string): Promise<void> {
  await send({ token: sig }, Number(id), text);
}

/** Ann and Bob, with a message of his that she has read, and two others. */
export async function createFixtureValues(): Promise<Values> {
  const [ann, bob] = [await create({ nickname: "Ann", phone: "13900000000" }), await create()];
  const sigs = { "ann.token": await sigOf(ann.user_id), "bob.token": await sigOf(bob.user_id) };
  // Both have signed in once.
  for (const sig of Object.values(sigs)) shownUser(await info(ann.user_id, { sig }));
  const [one, other] = [
    { name: ann.user_id, sig: sigs["ann.token"] },
    { name: bob.user_id, sig: sigs["bob.token"] },
  ];
  const single = await open(one, [other], "of two");
  await say(other, single, "hello");
  await mark(one, single);
  const [cas, dan] = await everybody(2);
  if (!cas || !dan) throw new Error("there are two");
  await open(one, [], "a group of one");
  return {
    ...{ key: RULE_KEY, fresh: freshName("fresh"), fresh2: freshName("fresh") },
    ...{ "ann.name": ann.user_id, "bob.name": bob.user_id, ...sigs, single, hello: `${single}-1` },
    others: await open(cas, [dan]),
  };
}
