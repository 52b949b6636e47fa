import { readStatuses } from "../../domain/conversations/read-status.ts";
import { type ConversationId, Position, type UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Core } from "../context.ts";
import type { Latest } from "../conversations/with-members.ts";
import { markRead, readReceipts } from "./messages.ts";
import { allReadable, pageFromNewest } from "./pages.ts";

/**
 * What the caller can read of a conversation, the newest first, and whether each was read. Who looks at the newest of
 * a group has read it.
 * @param range so many are passed over, and so many taken; null: all, in parts, each read when it is asked for
 * @returns with how many there are altogether
 * @throws `not_found` unless he is in it
 */
export async function pagesWithReadStatus(
  core: Core,
  caller: UserId,
  id: ConversationId,
  range: { skip: number; limit: number } | null,
): Promise<{ total: number; parts: AsyncIterable<Latest[]> }> {
  const [{ profile }, { total, first, rest }] = await Promise.all([
    core.conversations.describe(id, { userId: caller }),
    range ? onePage(core, caller, id, range) : allReadable(core, caller, id),
  ]);
  const isDirect = profile.kind === "direct";
  const [newest] = first;
  if (newest && !isDirect && (range?.skip ?? 0) === 0)
    await markRead(core, caller, id, Position.parse(newest.seq));
  const readingOf = readStatuses(await readReceipts(core, caller, id), caller, { isDirect });
  const withReadings = (messages: Message[]) =>
    messages.map((message) => ({ message, reading: readingOf(message) }));
  async function* parts() {
    yield withReadings(first);
    for await (const part of rest) yield withReadings(part);
  }
  return { total, parts: parts() };
}

async function onePage(
  core: Core,
  caller: UserId,
  id: ConversationId,
  range: { skip: number; limit: number },
) {
  const { items, total } = await pageFromNewest(core, caller, id, range);
  return { total, first: items, rest: nothing() };
}

async function* nothing(): AsyncGenerator<Message[]> {}
