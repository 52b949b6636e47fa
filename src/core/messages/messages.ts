import { newPassingId, type PassingId, requirePassingButtons } from "../../domain/bots/passing.ts";
import { CoreError, invalid, noConversation } from "../../domain/errors.ts";
import type { ConversationId, Position, Seq, UserId } from "../../domain/ids.ts";
import type { AnyDraft, Message, MessageReference } from "../../domain/messages/message.ts";
import { noteOutcomes, type SendResult } from "../../domain/operation/metrics.ts";
import type { MessagesInContext } from "../../domain/sync/message-context.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { loadProfiles, type ProfileLookup } from "../accounts/profile-lookup.ts";
import type { Core } from "../context.ts";
import type { SearchCriteria } from "./search-criteria.ts";

/**
 * Stores a message and delivers it. If the sender has used the client message id in this conversation before,
 * the result is the first message, with `isRepeated` set. Forwarded and merged messages are copied.
 * @param joins a viewer of an audience room becomes a member by it
 * @throws `not_found` unless the caller is a member (also for a quoted, mentioned, forwarded or merged item),
 *   `not_forwardable`, `validation_failed` for a merged message over its limits, `rate_limited`
 */
export async function sendMessage(
  core: Core,
  caller: UserId,
  id: ConversationId,
  draft: AnyDraft,
  joins = false,
): Promise<{ message: Message; isRepeated: boolean }> {
  const begun = Date.now();
  const note = (result: SendResult) => noteOutcomes(core.metrics, core.surface, [result], begun);
  try {
    const sent = await core.conversations.send(id, {
      userId: caller,
      draft: core.fileOrigins.draftToStored(draft),
      ...(joins && { joins }),
    });
    note(sent.isRepeated ? "repeated" : "stored");
    return sent;
  } catch (error) {
    note(error instanceof CoreError ? error.code : "internal");
    throw error;
  }
}

/**
 * The bounds of a page of messages, as a caller gives them: exclusive, and without them the newest page. With
 * `at` (ms) the page begins at the first message from then on. `scope` `all`: thread-only replies too.
 */
export interface PageBounds {
  before?: Position | undefined;
  after?: Position | undefined;
  at?: number | undefined;
  limit: number;
  scope: "main" | "all";
}

/** The same without those that are absent. @throws `validation_failed` for several at once */
export function boundsOf({ before, after, at, limit, scope }: PageBounds) {
  if (before !== undefined && after !== undefined) {
    throw invalid("query.before", "before and after exclude each other: send one of them");
  }
  if (at !== undefined && (before ?? after) !== undefined) {
    throw invalid("query.at", "at excludes before and after: send one of them");
  }
  return {
    limit,
    scope,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(at !== undefined && { at }),
  };
}

/**
 * Searches the text, caption, file name, address, description or title of messages for `text`, the newest
 * first. The comparison ignores case and character width (`comparisonForm`). A page may have fewer than
 * `limit` items, even none, with a `nextBefore` from which to continue; it is null at the end.
 * @param query `looks`: a user who looks at an audience room may search, too
 * @throws `not_found` unless the caller is a member
 */
export async function searchMessages(
  core: Core,
  caller: UserId,
  id: ConversationId,
  {
    before,
    limit,
    ...criteria
  }: SearchCriteria & { before?: Position | undefined; limit: number; looks?: boolean },
): Promise<{ items: Message[]; nextBefore: Seq | null }> {
  const { items, next } = await core.conversations.search(id, {
    userId: caller,
    ...criteria,
    before,
    limit,
  });
  return { items, nextBefore: next?.before ?? null };
}

/**
 * Revokes a message for everybody, once. The sender may only within `settings.revokeWindowS`, the owner and
 * admins of the group at any time.
 * @returns the revoked message with its context and profiles
 * @throws `not_found`, `forbidden`, `too_late`, `already_handled`
 */
export async function revokeWithin(
  core: Core,
  caller: UserId,
  id: ConversationId,
  seq: Seq,
): Promise<MessagesInContext & { profiles: ProfileLookup }> {
  const withinS = core.settings.revokeWindowS;
  const revoked = await core.conversations.revokeWithin(id, { userId: caller, seq, withinS });
  return { ...revoked, profiles: await loadProfiles(core, revoked.items) };
}

/** Hides a message for the caller only; it is saved no more. Idempotent. @throws `not_found` */
export async function hideMessage(core: Core, caller: UserId, id: ConversationId, seq: Seq): Promise<void> {
  await core.conversations.hide(id, { userId: caller, seq });
  forgetSaved(core, caller, [{ conversationId: id, seq }]);
}

/**
 * Ends what was saved of messages that their user cannot see any more, after the answer. The list of saved
 * messages leaves them out anyway, and tries again.
 */
export function forgetSaved(core: Core, caller: UserId, messages: MessageReference[]): void {
  const ended = core.inboxes.unsaveMessages(caller, { messages });
  core.waitUntil(ended.catch((error: unknown) => log("warn", "saved_cleanup_failed", errorFields(error))));
}

/**
 * Marks all messages of a direct conversation as read.
 * @returns the number of messages that became read
 * @throws `not_found` unless it is a direct conversation of the caller
 */
export async function markDirectRead(core: Core, caller: UserId, id: ConversationId): Promise<number> {
  const { profile, readState } = await core.conversations.describe(id, { userId: caller });
  if (profile.kind !== "direct") throw noConversation();
  const { marked } = await core.conversations.read(id, { userId: caller, seq: readState.lastSeq });
  return marked;
}

/**
 * Shows a message of a bot to one member, on the devices that are connected. It is not stored, and has no
 * place in the conversation.
 * @throws `validation_failed` for a copy, a poll, and buttons that would be tapped on; else as `sendMessage`,
 *   `forbidden` for a caller who is no bot, `not_found` for a user who is no member
 */
export async function showTo(
  core: Core,
  bot: UserId,
  id: ConversationId,
  draft: AnyDraft,
  onlyFor: UserId,
): Promise<PassingId> {
  const stored = core.fileOrigins.draftToStored(draft);
  if ("copy" in stored || stored.poll)
    throw invalid("body.only_for", "must be absent of a forward, a merged message and a poll");
  const { kind, body, quoteSeq, buttons } = stored;
  requirePassingButtons(buttons);
  const shown = { kind, body, quoteSeq, ...(buttons && { buttons }), onlyFor };
  const message = await core.conversations.passingMessage(id, { userId: bot, draft: shown });
  if (message) await core.inboxes.pushEvent(onlyFor, { event: { type: "passing", message } });
  return message?.id ?? newPassingId();
}
