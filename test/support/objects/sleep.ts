import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { advanceClock } from "../clock.ts";
import { eventually } from "../eventually.ts";
import { timing } from "../timing.ts";

/** A stub that no test has wrapped: the test runtime evicts no other. */
const conversationObject = (id: ConversationId) =>
  env.CONVERSATION.get(env.CONVERSATION.idFromName(String(id)));

/** Resolves once a conversation has stored that it has delivered its newest message. */
export function untilCheckpoint(id: ConversationId): Promise<void> {
  return eventually(async () => {
    const isStored = await runInDurableObject(conversationObject(id), (_, { storage }) => {
      const newest = "SELECT coalesce(max(seq), 0) FROM messages";
      return storage.sql.exec(`SELECT 1 FROM fanout_checkpoint WHERE seq = (${newest})`).toArray().length > 0;
    });
    expect(isStored).toBe(true);
  });
}

/** Whether a conversation has the retry marker of its fan-out. Wakes it. */
export function hasFanoutMarker(id: ConversationId): Promise<boolean> {
  return runInDurableObject(conversationObject(id), (_, { storage }) => {
    return storage.sql.exec("SELECT 1 FROM jobs WHERE kind = 'fanout'").toArray().length > 0;
  });
}

/** Evicts a conversation, as hibernation does: its memory is lost, its alarm stays. */
export function evict(id: ConversationId): Promise<void> {
  return evictDurableObject(conversationObject(id));
}

/**
 * Has a conversation sleep until its alarm has to look after its fan-out, as hibernation does: the alarm
 * finds a new object.
 * @returns whether an alarm was set
 */
export async function sleepUntilAlarm(id: ConversationId): Promise<boolean> {
  await evict(id);
  advanceClock(timing.retryMarker.dueMs + 1);
  return runDurableObjectAlarm(conversationObject(id));
}

/** Lets a conversation sleep from alarm to alarm until nothing is left to deliver. */
export async function sleepUntilQuiet(id: ConversationId): Promise<void> {
  do await sleepUntilAlarm(id);
  while (await hasFanoutMarker(id));
}
