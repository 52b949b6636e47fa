import type { DiscardedDraft, DraftWrite, WrittenDraft } from "../../domain/conversations/composer-draft.ts";
import type { ConversationId } from "../../domain/ids.ts";
import type { DraftContent, DraftId, DraftState, StoredDraft } from "../../domain/messages/draft.ts";
import type { MessageReference } from "../../domain/messages/message.ts";
import type { SavedChange, SavedEntry, SavedRange } from "../../domain/messages/saved.ts";
import type {
  NewScheduledMessage,
  ScheduledChange,
  ScheduledId,
  ScheduledMessage,
  ScheduledPosition,
} from "../../domain/messages/scheduled.ts";
import { effect } from "../../object/calls/object-call.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import type { ListedMessage } from "../scheduled/scheduled-messages.ts";
import { once, repeatable, requireAccount } from "./call.ts";

const { light, page, unweighed } = WEIGHTS;

/** The calls that concern what the user keeps: drafts, scheduled messages and saved messages. */
export const KEPT = {
  /**
   * Stores a draft of the user. Idempotent.
   * @see StoredDrafts.keep
   * @throws `unauthenticated` for a deleted account, `full`
   */
  keepDraft: effect(
    repeatable(light, (components, input: StoredDraft) => {
      requireAccount(components);
      components.space.require();
      components.storedDrafts.keep(input);
    }),
  ),

  /** The content of a draft, or the message that it became. @throws `not_found` @see StoredDrafts.get */
  draft: repeatable(light, ({ storedDrafts }, { id }: { id: DraftId }): DraftState => storedDrafts.get(id)),

  /**
   * Replaces the content of a stored draft, unless it was sent. @returns its state after it @throws
   * `not_found`, `rate_limited` @see StoredDrafts.change
   */
  changeDraft: repeatable(
    light,
    ({ storedDrafts, space }, { id, content }: { id: DraftId; content: DraftContent }): DraftState => {
      space.require();
      return storedDrafts.change(id, content);
    },
  ),

  /**
   * Notes that a stored draft was sent as this message. Idempotent. It follows a send, and is not refused.
   * @see StoredDrafts.sent
   */
  noteDraftSent: effect(
    repeatable(unweighed, ({ storedDrafts }, input: { id: DraftId } & MessageReference) =>
      storedDrafts.sent(input.id, input),
    ),
  ),

  /**
   * Stores a composer draft of the user. Idempotent.
   * @see ComposerDrafts.put
   * @throws `unauthenticated` for a deleted account, `full`
   */
  putComposerDraft: repeatable(light, (components, input: WrittenDraft): Promise<DraftWrite> => {
    requireAccount(components);
    components.space.require();
    return components.composerDrafts.put(input);
  }),

  /** Deletes the user's composer draft in a conversation. Idempotent. @see ComposerDrafts.discard */
  discardComposerDraft: effect(
    repeatable(unweighed, ({ composerDrafts }, input: DiscardedDraft) => composerDrafts.discard(input)),
  ),

  /**
   * Stores a scheduled message. Idempotent: a known client message id gives the stored one.
   * @see ScheduledMessages.add
   * @throws `unauthenticated` for a deleted account, `full`
   */
  schedule: repeatable(light, (components, input: NewScheduledMessage): ScheduledMessage => {
    requireAccount(components);
    components.space.require();
    const { messages, sends } = components.scheduled;
    const { message, isNew } = messages.add(input);
    if (isNew) sends.stored(message);
    return message;
  }),

  /** The scheduled message of a conversation with this client message id; null: none waits or failed. */
  scheduledAs: repeatable(
    unweighed,
    (
      { scheduled },
      { conversationId, clientMsgId }: { conversationId: ConversationId; clientMsgId: string },
    ) => scheduled.messages.findByClientId(conversationId, clientMsgId) ?? null,
  ),

  /** One scheduled message. @throws `not_found` */
  scheduledMessage: repeatable(
    light,
    ({ scheduled }, { id }: { id: ScheduledId }): ScheduledMessage => scheduled.messages.get(id),
  ),

  /** A page of the scheduled messages, in the order in which they are due. @see ScheduledMessages.page */
  scheduledPage: repeatable(
    page,
    ({ scheduled }, { after, limit }: { after?: ScheduledPosition; limit: number }): ListedMessage[] =>
      scheduled.messages.page(after, limit),
  ),

  /** Changes a scheduled message until it is due. @see ScheduledMessages.change */
  changeScheduled: repeatable(
    light,
    (
      { scheduled, space },
      { id, change }: { id: ScheduledId; change: ScheduledChange },
    ): ScheduledMessage => {
      space.require();
      const { draft } = scheduled.messages.get(id);
      const message = scheduled.messages.change(id, change);
      scheduled.sends.stored(message, draft);
      return message;
    },
  ),

  /**
   * Deletes a scheduled message until it is due. A second try would not find what the first has deleted.
   * @see ScheduledMessages.delete
   */
  deleteScheduled: effect(
    once(light, ({ scheduled }, { id }: { id: ScheduledId }) =>
      scheduled.sends.deleted(scheduled.messages.delete(id)),
    ),
  ),

  /**
   * Saves a message that the user sees, or changes what was saved of it. Idempotent.
   * @see SavedMessages.save
   * @throws `unauthenticated` for a deleted account, `full`, `validation_failed`, `conflict`
   */
  saveMessage: repeatable(light, (components, input: MessageReference & SavedChange): SavedEntry => {
    requireAccount(components);
    components.space.require();
    return components.saved.save(input);
  }),

  /** Ends what was saved of these messages. Idempotent. */
  unsaveMessages: effect(
    repeatable(unweighed, ({ saved }, { messages }: { messages: MessageReference[] }) =>
      saved.remove(messages),
    ),
  ),

  /** A page of saved messages, newest first. @see SavedMessages.page */
  savedPage: repeatable(page, ({ saved }, input: SavedRange): SavedEntry[] => saved.page(input)),
};
