import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { expect } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { conversationPath } from "../accounts/server-conversations.ts";
import { call } from "../clients/api.ts";
import { advanceClock } from "../clock.ts";
import { eventually } from "../eventually.ts";
import { conversationObject } from "../objects/room.ts";

export const DAY_MS = 24 * 60 * 60_000;

/**
 * Has a conversation be older by some days: its messages, and when messages expire. Tokens would not outlive
 * the same by the clock. It sleeps then.
 * @param days may be a part of one
 */
export async function age(id: number, days: number): Promise<void> {
  const conversation = conversationObject(ConversationId.parse(id));
  await runInDurableObject(conversation, (_, { storage }) => {
    const ms = Math.round(days * DAY_MS);
    storage.sql.exec("UPDATE messages SET created_at = created_at - ?, edited_at = edited_at - ?", ms, ms);
    storage.sql.exec("UPDATE jobs SET due = due - ? WHERE kind = 'retention'", ms);
  });
  await evictDurableObject(conversation);
}

/** When the retention job of a conversation runs (ms since 1970); null: there is none. */
export function retentionDue(id: number): Promise<number | null> {
  return runInDurableObject(conversationObject(ConversationId.parse(id)), (_, { storage }) => {
    const query = "SELECT due FROM jobs WHERE kind = 'retention'";
    return storage.sql.exec<{ due: number }>(query).toArray()[0]?.due ?? null;
  });
}

/**
 * Runs the alarm of a conversation if its retention job is due, and the clock of the machine has not yet.
 * @returns `emptiedSeq` behind it; null: the job is not due
 */
export async function runRetention(id: number): Promise<number | null> {
  const due = await retentionDue(id);
  if (due === null || due > Date.now()) return null;
  return runInDurableObject(
    conversationObject(ConversationId.parse(id)),
    async (conversation, { storage }) => {
      await storage.deleteAlarm();
      await conversation.alarm();
      // The next turn may begin at once.
      return emptiedSeq(storage);
    },
  );
}

/** Up to which seq the messages of a conversation are emptied. */
export function emptiedSeq({ sql }: DurableObjectStorage): number {
  return sql.exec<{ n: number }>("SELECT emptied_seq AS n FROM conversation").one().n;
}

/** Resolves once the index has nothing to lose. */
function untilSettled(id: number): Promise<void> {
  return eventually(async () => {
    const conversation = conversationObject(ConversationId.parse(id));
    const stale = await runInDurableObject(
      conversation,
      (_, { storage }) => storage.sql.exec("SELECT 1 FROM stale_texts LIMIT 1").toArray().length,
    );
    expect(stale).toBe(0);
  });
}

/** Longer than the pause between two parts (ms), shorter than that between two days. */
const SOON_MS = 60_000;

/** Runs the retention job until all that has expired is empty. */
export async function expire(id: number): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    const due = await retentionDue(id);
    if (due === null || due > Date.now() + SOON_MS) return;
    if (due > Date.now()) advanceClock(due - Date.now());
    await untilSettled(id);
    await runRetention(id);
  }
  throw new Error("retention does not come to an end");
}

/** How a backend sets until when messages are kept. */
export interface Keeping {
  retention_days?: number | null;
  legal_hold?: boolean;
}

/** Sets until when the messages of a conversation are kept, by a key. */
export function keep(token: string, id: number, kind: "direct" | "group", keeping: Keeping) {
  return call("PUT", conversationPath(id), { token, body: { kind, ...keeping } });
}
