import type { Core } from "../../../core/context.ts";
import { openDirectByNumber } from "../../../core/conversations/conversations.ts";
import { CoreError, noConversation } from "../../../domain/errors.ts";
import type { ConversationCode, ConversationId, Seq, UserId } from "../../../domain/ids.ts";
import type { MessageEdit } from "../../../domain/messages/edit.ts";
import type { Message } from "../../../domain/messages/message.ts";
import { LruMap } from "../../../lib/lru-map.ts";
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
