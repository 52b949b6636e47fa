import type { Core } from "../../../core/context.ts";
import { openDirectByNumber } from "../../../core/conversations/conversations.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import { CoreError, noConversation } from "../../../domain/errors.ts";
import {
  type ConversationCode,
  type ConversationId,
  Position,
  type Seq,
  type UserId,
} from "../../../domain/ids.ts";
import type { MessageEdit } from "../../../domain/messages/edit.ts";
import type { Message } from "../../../domain/messages/message.ts";
import type { MessagesInContext } from "../../../domain/sync/message-context.ts";
import { LruMap } from "../../../lib/lru-map.ts";
import { findUsersWithDeleted } from "../../../storage/accounts/users.ts";
import { findDirectByCode, findDirectConversation } from "../../../storage/conversations/direct.ts";

/** Where a call is about: a direct conversation by its code, or by the other user. */
export type Address = { code: ConversationCode } | { peer: UserId };

/** What an isolate remembers of conversations, each about 200 bytes. */
const MAX_KNOWN = 10_000;

/** The direct conversations of users by their addresses: these never change. */
const known = new LruMap<string, ConversationId>(() => MAX_KNOWN);

/**
 * The direct conversation of an address.
 * @param opens whether one with a user is opened, if there is none yet: by a send
 * @throws `not_found`, and as `openDirectByNumber`
 */
export async function conversationAt(
  core: Core,
  caller: UserId,
  address: Address,
  opens = false,
): Promise<ConversationId> {
  const key = `${caller} ${"code" in address ? address.code : `@${address.peer}`}`;
  const found = known.get(key) ?? (await find(core, caller, address, opens));
  if (found === null) throw noConversation();
  known.set(key, found);
  return found;
}

async function find(
  core: Core,
  caller: UserId,
  address: Address,
  opens: boolean,
): Promise<ConversationId | null> {
  if ("code" in address) return (await findDirectByCode(core.db, caller, address.code))?.id ?? null;
  const found = await findDirectConversation(core.db, caller, address.peer);
  if (found !== null || !opens) return found;
  return (await openDirectByNumber(core, caller, address.peer)).conversation.id;
}

/** Which messages are asked for: the newest, or those at one of them. */
interface MessageRange {
  seq: Seq | undefined;
  flag?: "before" | "around" | "after" | undefined;
  limit: number;
}

/** A page of messages, in rising order. @throws `not_found` */
export async function pageOfMessages(
  core: Core,
  userId: UserId,
  id: ConversationId,
  { seq, flag = "before", limit }: MessageRange,
): Promise<MessagesInContext> {
  const { conversations } = core;
  const { context, items: newest } = await conversations.pageWithContext(id, { userId, limit });
  if (seq === undefined) return { items: newest, context };
  const at = Position.parse(seq);
  const before = async (most: number) =>
    most === 0 ? [] : (await conversations.page(id, { userId, before: at, limit: most })).items;
  const after = async (most: number) =>
    most === 0 ? [] : (await conversations.page(id, { userId, after: at, limit: most })).items;
  if (flag === "before") return { items: await before(limit), context };
  if (flag === "after") return { items: await after(limit), context };
  const half = Math.floor((limit - 1) / 2);
  const [earlier, message, later] = await Promise.all([
    before(half),
    conversations.message(id, { userId, seq }),
    after(limit - 1 - half),
  ]);
  return { items: [...earlier, message, ...later], context };
}

/** The messages that are pinned, the one that was pinned last first. @throws `not_found` */
export async function pinnedMessages(
  core: Core,
  userId: UserId,
  id: ConversationId,
  limit: number,
): Promise<MessagesInContext> {
  const [items, { context }] = await Promise.all([
    core.conversations.pins(id, { userId }),
    core.conversations.pageWithContext(id, { userId, limit: 1 }),
  ]);
  return { items: items.slice(0, limit), context };
}

/** Users whom messages name, as a user sees them. */
export function peopleNamed(core: Core, viewer: UserId, ids: UserId[]): Promise<readonly Person[]> {
  return findUsersWithDeleted(core.db, ids, viewer);
}

/** The tries of an edit that another one gets ahead of. */
const MAX_TRIES = 3;

/**
 * Edits a message of the caller, whatever it says now: this API knows no versions. An edit that changes
 * nothing is none.
 * @throws `conflict` while others edit it, too; as `editMessage`
 */
export async function editLatest(
  core: Core,
  caller: UserId,
  { id, seq }: { id: ConversationId; seq: Seq },
  change: (before: Message) => Omit<MessageEdit, "baseVersion">,
): Promise<void> {
  const { conversations } = core;
  let before = await conversations.message(id, { userId: caller, seq });
  for (let tries = 1; tries <= MAX_TRIES; tries++) {
    const edit = { userId: caller, seq, ...change(before), baseVersion: before.version };
    const { type, message } = await conversations.editMessage(id, edit);
    if (type !== "conflict") return;
    before = message;
  }
  throw new CoreError("conflict", "The message is being edited by another call. Try again.");
}
