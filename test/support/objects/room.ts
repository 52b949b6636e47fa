import { runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { ConversationId, SessionId, type UserId } from "../../../src/domain/ids.ts";
import { call, login, register, type SignedIn } from "../clients/api.ts";

const Created = z.looseObject({ id: ConversationId });
const Stored = z.looseObject({ seq: z.int() });

/** Registers people, one after the other. */
export async function people(count: number): Promise<SignedIn[]> {
  const registered: SignedIn[] = [];
  for (let i = 0; i < count; i++) registered.push(await register());
  return registered;
}

/** One of the people, by index; there is such a one. */
export function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`there is no item ${index}`);
  return item;
}

/** The same person on one more device. */
export function anotherDevice({ user }: SignedIn): Promise<SignedIn> {
  return login(user.username);
}

/** Creates a group over HTTP. */
export async function newGroup(owner: SignedIn, ...others: SignedIn[]): Promise<ConversationId> {
  const member_ids = others.map(({ user }) => user.id);
  const body = { kind: "group", name: "a group", member_ids };
  const answer = await call("POST", "/v1/conversations", { token: owner.token, body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return Created.parse(answer.body).id;
}

/** A text message, as a frame and as the body of a POST. */
export function text(content: string, clientMsgId?: string) {
  return {
    type: "send",
    kind: "text",
    body: { text: content },
    ...(clientMsgId !== undefined && { client_msg_id: clientMsgId }),
  };
}

/** Sends a text over HTTP. @returns its seq */
export async function post(id: ConversationId, { token }: SignedIn, content: string): Promise<number> {
  const answer = await call("POST", `/v1/conversations/${id}/messages`, { token, body: text(content) });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return Stored.parse(answer.body).seq;
}

/** Revokes a message for everyone, or hides it for oneself, over HTTP. */
export async function remove(
  id: ConversationId,
  { token }: SignedIn,
  seq: number,
  scope: "me" | "everyone",
): Promise<void> {
  const answer = await call("DELETE", `/v1/conversations/${id}/messages/${seq}?for=${scope}`, { token });
  expect(answer.status, JSON.stringify(answer.body)).toBe(204);
}

export function conversationObject(id: ConversationId) {
  return env.CONVERSATION.getByName(String(id));
}

export function inboxObject(id: UserId) {
  return env.INBOX.getByName(String(id));
}

const Claims = z.object({ sid: SessionId });

/** The session that a token is of. */
export function sessionOf({ token }: SignedIn): SessionId {
  return Claims.parse(JSON.parse(atob(token.split(".")[1] ?? ""))).sid;
}

/** The numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

const Shown = z.looseObject({ online: z.boolean() });

/** Resolves once a user is shown to somebody else as online, or as not. */
export async function shownOnline({ user }: SignedIn, { token }: SignedIn, online: boolean): Promise<void> {
  const shown = async () => Shown.parse((await call("GET", `/v1/users/${user.id}`, { token })).body).online;
  while ((await shown()) !== online) await new Promise((resolve) => setTimeout(resolve, 0));
}

/** Runs the inbox's jobs of a kind at once, however far off they are. */
export async function runInboxJob(
  { user }: SignedIn,
  kind: "online" | "offline" | "sockets" | "expiry",
): Promise<void> {
  await runInDurableObject(inboxObject(user.id), async (_, { storage }) => {
    storage.sql.exec("UPDATE jobs SET due = 1 WHERE kind = ?", kind);
    await storage.setAlarm(Date.now() + 60_000);
  });
  await runDurableObjectAlarm(inboxObject(user.id));
}

/** Runs the conversation's job of a kind at once, however far off it is. */
export async function runConversationJob(id: number, kind: "flags"): Promise<void> {
  const object = env.CONVERSATION.getByName(String(id));
  await runInDurableObject(object, async (_, { storage }) => {
    storage.sql.exec("UPDATE jobs SET due = 1 WHERE kind = ?", kind);
    await storage.setAlarm(Date.now() + 60_000);
  });
  await runDurableObjectAlarm(object);
}

/** Loses the conversation's object as a crash does: what is not yet durable is gone, calls under way fail. */
export async function loseConversation(id: number): Promise<void> {
  const object = env.CONVERSATION.getByName(String(id));
  await runInDurableObject(object, (_, state) => state.abort("lost on purpose")).catch(() => undefined);
}
