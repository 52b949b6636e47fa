import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import { z } from "zod";
import { ConversationId, SessionId, type UserId } from "../../../src/domain/ids.ts";
import { call, login, type SignedIn } from "../clients/api.ts";
import { createGroup, deleteMessage } from "../clients/chat.ts";
import { until } from "../event-loop.ts";

const Stored = z.looseObject({ seq: z.int() });

/** The item at `index`. @throws an Error if none is there */
export function itemAt<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new Error(`there is no item ${index}`);
  return item;
}

/** Signs the same user in again, as another device does. */
export function signInAgain({ user }: SignedIn): Promise<SignedIn> {
  return login(user.username);
}

/** Creates a group over HTTP. @returns its id */
export async function createGroupId(owner: SignedIn, ...others: SignedIn[]): Promise<ConversationId> {
  return ConversationId.parse((await createGroup(owner, others)).id);
}

/** A text message, as a frame and as the body of a POST. */
export function textFrame(content: string, clientMsgId?: string) {
  return {
    type: "send",
    kind: "text",
    body: { text: content },
    ...(clientMsgId !== undefined && { client_msg_id: clientMsgId }),
  };
}

/** Sends a text over HTTP. @returns its seq */
export async function postText(id: ConversationId, { token }: SignedIn, content: string): Promise<number> {
  const answer = await call("POST", `/v1/conversations/${id}/messages`, { token, body: textFrame(content) });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return Stored.parse(answer.body).seq;
}

/** Revokes a message for everyone or hides it for the caller, over HTTP, and asserts success. */
export async function expectDeleted(
  id: ConversationId,
  caller: SignedIn,
  seq: number,
  scope: "me" | "everyone",
): Promise<void> {
  const answer = await deleteMessage(caller, id, seq, scope);
  expect(answer.status, JSON.stringify(answer.body)).toBe(204);
}

export function conversationObject(id: ConversationId) {
  return env.CONVERSATION.getByName(String(id));
}

export function inboxObject(id: UserId) {
  return env.INBOX.getByName(String(id));
}

const Claims = z.object({ sid: SessionId });

/** The session id in a token. */
export function sessionOf({ token }: SignedIn): SessionId {
  return Claims.parse(JSON.parse(atob(token.split(".")[1] ?? ""))).sid;
}

/** The numbers from `first` to `last`. */
export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

/** Resolves once D1 has a user as online, or as offline: from then on their contacts are shown it. */
export async function untilShownOnline({ user }: SignedIn, online: boolean): Promise<void> {
  const query = env.DB.prepare("SELECT online FROM users WHERE id = ?").bind(user.id);
  await until(
    async () => (await query.first("online")) === Number(online),
    `the user is ${online ? "online" : "offline"}`,
  );
}

/** Runs the inbox's jobs of a kind now, whenever they are due. */
export async function runInboxJob(
  { user }: SignedIn,
  kind: "online" | "offline" | "sockets" | "expiry" | "crowds",
): Promise<void> {
  await runInDurableObject(inboxObject(user.id), async (_, { storage }) => {
    storage.sql.exec("UPDATE jobs SET due = 1 WHERE kind = ?", kind);
    await storage.setAlarm(Date.now() + 60_000);
  });
  await runDurableObjectAlarm(inboxObject(user.id));
}

/** Runs the conversation's job of a kind now, whenever it is due. */
export async function runConversationJob(id: number, kind: "direct_permission" | "expiry"): Promise<void> {
  const object = env.CONVERSATION.getByName(String(id));
  await runInDurableObject(object, async (_, { storage }) => {
    storage.sql.exec("UPDATE jobs SET due = 1 WHERE kind = ?", kind);
    await storage.setAlarm(Date.now() + 60_000);
  });
  await runDurableObjectAlarm(object);
}

/**
 * Aborts a conversation's object as a crash does: writes that are not durable are lost, and calls under way
 * fail.
 */
export async function loseConversation(id: number): Promise<void> {
  const object = env.CONVERSATION.getByName(String(id));
  await runInDurableObject(object, (_, state) => state.abort("lost on purpose")).catch(() => undefined);
}

/** What the runtime says of an object that it does not evict: it is evicted already, or stays busy. */
const NOT_EVICTED = ["not currently running", "still has active references"];

/** Evicts an object, unless it is not running, or does not come to rest while other actions call it. */
export async function evictRunning(stub: DurableObjectStub, cut = false): Promise<void> {
  try {
    await evictDurableObject(stub, { webSockets: cut ? "close" : "hibernate" });
  } catch (error) {
    if (!NOT_EVICTED.some((reason) => String(error).includes(reason))) throw error;
  }
}
