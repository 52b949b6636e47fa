import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { ConversationCode } from "../../../src/domain/ids.ts";
import { eventually } from "../eventually.ts";
import { type Answer, call, freshName } from "./api.ts";
import { StrictConversation, StrictList, StrictMessage, StrictPage } from "./shapes.ts";

/** A signed-in user, as far as calls need one. */
export interface Caller {
  token: string;
}

/** A user, as far as calls name one. */
export interface Named {
  user: { id: number };
}

/** A call about a conversation. @param path behind that of the conversation */
export function ask(
  { token }: Caller,
  id: number,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  return call(method, `/v1/conversations/${id}${path}`, { token, ...(body !== undefined && { body }) });
}

/** The same, and asserts success. */
export async function expectAsked(...call: Parameters<typeof ask>): Promise<Answer> {
  const answer = await ask(...call);
  expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
  return answer;
}

/**
 * Opens the direct conversation with a user, or finds it. A signed-in user opens it too: both are in it.
 * @returns the conversation as the caller sees it
 */
export async function openDirect(
  caller: Caller & Partial<Named>,
  other: Named & Partial<Caller>,
): Promise<StrictConversation> {
  const opened = await openForSelf(caller, other);
  const [{ user }, { token }] = [caller, other];
  if (user && token !== undefined) await openForSelf({ token }, { user });
  return opened;
}

/**
 * Opens the direct conversation of two users, and has both write: from then on each sees whether the other is
 * online.
 */
export async function converse(one: Caller & Named, other: Caller & Named): Promise<StrictConversation> {
  const { id } = await openDirect(one, other);
  for (const who of [one, other]) await send(who, id, "hello");
  await eventually(async () => {
    const query = "SELECT answered FROM conversations WHERE id = ?";
    expect(await env.DB.prepare(query).bind(id).first("answered")).toBe(1);
  });
  return getConversation(one, id);
}

/** Opens the direct conversation with a user, or finds it, for the caller alone. */
export async function openForSelf({ token }: Caller, { user }: Named): Promise<StrictConversation> {
  const answer = await call("POST", "/v1/conversations", {
    token,
    body: { kind: "direct", user_id: user.id },
  });
  expect([200, 201], JSON.stringify(answer.body)).toContain(answer.status);
  return StrictConversation.parse(answer.body);
}

/** Creates a group of the caller and `members`. */
export async function createGroup(
  { token }: Caller,
  members: Named[] = [],
  name = "a group",
): Promise<StrictConversation> {
  const body = { kind: "group", name, member_ids: members.map(({ user }) => user.id) };
  return StrictConversation.parse(
    expectStatus(201, await call("POST", "/v1/conversations", { token, body })),
  );
}

/** Sends a message. @param what a text, or the fields of a message of another kind */
export async function send({ token }: Caller, id: number, what: string | object): Promise<StrictMessage> {
  const body = typeof what === "string" ? { kind: "text", body: { text: what } } : what;
  const answer = await call("POST", `/v1/conversations/${id}/messages`, { token, body });
  return StrictMessage.parse(expectStatus(201, answer));
}

/** Sends texts, one after the other. */
export async function sendAll(caller: Caller, id: number, texts: string[]): Promise<StrictMessage[]> {
  const sent: StrictMessage[] = [];
  for (const text of texts) sent.push(await send(caller, id, text));
  return sent;
}

export async function list({ token }: Caller, query = ""): Promise<z.infer<typeof StrictList>> {
  return StrictList.parse(expectStatus(200, await call("GET", `/v1/conversations${query}`, { token })));
}

/** A conversation as the caller's list shows it. @throws an Error if the list lacks it */
export async function listedConversation(caller: Caller, id: number): Promise<StrictConversation> {
  const found = (await list(caller, "?limit=100")).items.find((item) => item.id === id);
  if (!found) throw new Error(`conversation ${id} is not in the list`);
  return found;
}

export async function getConversation({ token }: Caller, id: number): Promise<StrictConversation> {
  return StrictConversation.parse(expectStatus(200, await call("GET", `/v1/conversations/${id}`, { token })));
}

export async function page({ token }: Caller, id: number, query = ""): Promise<z.infer<typeof StrictPage>> {
  const answer = await call("GET", `/v1/conversations/${id}/messages${query}`, { token });
  return StrictPage.parse(expectStatus(200, answer));
}

export async function getMessage({ token }: Caller, id: number, seq: number): Promise<StrictMessage> {
  const answer = await call("GET", `/v1/conversations/${id}/messages/${seq}`, { token });
  return StrictMessage.parse(expectStatus(200, answer));
}

/** Everything that a member can read of a conversation, as JSON. */
export async function allReadable(who: Caller, id: number): Promise<string> {
  const all = await page(who, id, "?limit=100");
  const single = await Promise.all(all.items.map(({ seq }) => getMessage(who, id, seq)));
  return JSON.stringify([all, single, await getConversation(who, id), await listedConversation(who, id)]);
}

/** Revokes a message for everyone, or hides it for the caller. */
export function deleteMessage(
  { token }: Caller,
  id: number,
  seq: number,
  whom: "me" | "everyone",
): Promise<Answer> {
  return call("DELETE", `/v1/conversations/${id}/messages/${seq}?for=${whom}`, { token });
}

const Coded = z.object({ code: ConversationCode });

/** The code of a conversation, which v1 does not show. */
export async function conversationCode(id: number): Promise<ConversationCode> {
  return Coded.parse(await env.DB.prepare("SELECT code FROM conversations WHERE id = ?").bind(id).first())
    .code;
}

const Ids = z.array(z.object({ id: z.int() }));

/** Inserts users who never sign in: only rows, without the cost of passwords. */
export async function insertUsers(size: number): Promise<Named[]> {
  const names = JSON.stringify(Array.from({ length: size }, () => freshName("user")));
  const insert = "INSERT INTO users (username, created_at) SELECT value, 0 FROM json_each(?) RETURNING id";
  const { results } = await env.DB.prepare(insert).bind(names).all();
  return Ids.parse(results).map(({ id }) => ({ user: { id } }));
}

const RowCounts = z.object({ conversations: z.int(), memberships: z.int() });

/** The number of conversations and memberships in D1: a refused call must not change it. */
export async function countRowsInD1(): Promise<z.infer<typeof RowCounts>> {
  const counts = env.DB.prepare(
    "SELECT (SELECT count(*) FROM conversations) AS conversations, (SELECT count(*) FROM memberships) AS memberships",
  );
  return RowCounts.parse(await counts.first());
}

const Tables = z.array(z.object({ name: z.string() }));

/** Every row of every table of a conversation's object, as JSON; `{}` where it has no tables. */
export function storedInConversation(id: number): Promise<string> {
  return runInDurableObject(env.CONVERSATION.getByName(String(id)), (_, { storage }) => dump(storage));
}

/** Every row of every table of a user's inbox, as JSON. */
export function storedInInbox({ user }: Named): Promise<string> {
  return runInDurableObject(env.INBOX.getByName(String(user.id)), (_, { storage }) => dump(storage));
}

function dump({ sql }: DurableObjectStorage): string {
  const query =
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT GLOB '_cf_*' AND sql NOT LIKE 'CREATE VIRTUAL%'";
  const names = Tables.parse(sql.exec(query).toArray()).map(({ name }) => name);
  // Bytes, such as the search index has, as characters.
  const displayed = (_: string, value: unknown) =>
    value instanceof ArrayBuffer ? new TextDecoder("latin1").decode(value) : value;
  return JSON.stringify(
    Object.fromEntries(names.map((name) => [name, sql.exec(`SELECT * FROM "${name}"`).toArray()])),
    displayed,
  );
}

function expectStatus(status: number, answer: Answer): unknown {
  expect(answer.status, JSON.stringify(answer.body)).toBe(status);
  return answer.body;
}
