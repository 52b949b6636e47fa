import { loadProfiles, type ProfileLookup } from "../../../../core/accounts/profile-lookup.ts";
import type { Core } from "../../../../core/context.ts";
import { forgetSaved } from "../../../../core/messages/messages.ts";
import { atPath, isNotFound, noMessage } from "../../../../domain/errors.ts";
import type { ConversationId, Seq, UserId } from "../../../../domain/ids.ts";
import type { Message, MessageReference } from "../../../../domain/messages/message.ts";
import type { ConversationContext, MessagesInContext } from "../../../../domain/sync/message-context.ts";

/** Messages of one conversation as the caller sees them. */
export interface ShownMessages {
  items: Message[];
  context: ConversationContext;
  profiles: ProfileLookup;
}

/** Messages of one conversation by their numbers, each once. */
export interface MessagesOfOne {
  conversationId: ConversationId;
  seqs: Seq[];
}

/**
 * These messages of one conversation, in this order: one call for as many as a page has room for.
 * @throws `not_found` unless the caller is a member and sees all of them
 */
export async function messagesById(
  core: Core,
  caller: UserId,
  { conversationId, seqs }: MessagesOfOne,
): Promise<ShownMessages> {
  const items: Message[] = [];
  for (let left = seqs; ; ) {
    const page = await core.conversations.messagesInContext(conversationId, { userId: caller, seqs: left });
    items.push(...page.items);
    const found = new Set(page.items.map(({ seq }) => seq));
    left = left.filter((seq) => !found.has(seq));
    const [missing] = left;
    if (missing === undefined) return withProfiles(core, { items, context: page.context });
    if (page.items.length === 0) {
      return atPath(page.context.kind, () => Promise.reject(noMessage(missing)));
    }
  }
}

/** One of them. @throws as `messagesById` */
export async function messageById(
  core: Core,
  caller: UserId,
  { conversationId, seq }: MessageReference,
): Promise<ShownMessages & { message: Message }> {
  const found = await messagesById(core, caller, { conversationId, seqs: [seq] });
  const [message] = found.items;
  if (!message) throw noMessage(seq);
  return { ...found, message };
}

/** Adds the profiles of the users whom the messages name: one query of D1 at most. */
export async function withProfiles(core: Core, found: MessagesInContext): Promise<ShownMessages> {
  const { items, context } = found;
  const { self, peer } = context;
  const others = [self, ...(peer ? [peer] : [])].map(({ id }) => id);
  return { items, context, profiles: await loadProfiles(core, items, others) };
}

/**
 * Hides messages of one conversation from the caller, all of them or none.
 * @throws as `messagesById`
 */
export async function hideById(core: Core, caller: UserId, messages: MessagesOfOne): Promise<ShownMessages> {
  const found = await messagesById(core, caller, messages);
  const { conversationId, seqs } = messages;
  await Promise.all(seqs.map((seq) => core.conversations.hide(conversationId, { userId: caller, seq })));
  forgetSaved(
    core,
    caller,
    seqs.map((seq) => ({ conversationId, seq })),
  );
  return found;
}

/**
 * Runs work on a message.
 * @throws as `work`; a `not_found` of the message says whether it is one of a group
 */
export async function inConversation<T>(
  core: Core,
  caller: UserId,
  id: ConversationId,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isNotFound(error) || error.data?.missing !== "message") throw error;
    const { context } = await core.conversations.messagesInContext(id, { userId: caller, seqs: [] });
    return atPath(context.kind, () => Promise.reject(error));
  }
}
