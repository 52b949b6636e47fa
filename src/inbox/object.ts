import type { VersionedPerson } from "../domain/accounts/person.ts";
import type { ArchiveState } from "../domain/conversations/archive.ts";
import type { ComposerDraft, WrittenDraft } from "../domain/conversations/composer-draft.ts";
import type {
  ActivityPage,
  ActivityRange,
  EntryOnRecord,
  InboxEntry,
  ListRange,
  NumberedPage,
  NumberedRange,
  UnreadEntry,
  UnreadMentions,
} from "../domain/conversations/conversation-list.ts";
import { accountOver, type Result } from "../domain/errors.ts";
import type { ConversationId, SessionId } from "../domain/ids.ts";
import type { DraftContent, DraftId, DraftState, StoredDraft } from "../domain/messages/draft.ts";
import type { MessageReference } from "../domain/messages/message.ts";
import type { SavedChange, SavedEntry, SavedRange } from "../domain/messages/saved.ts";
import type {
  NewScheduledMessage,
  ScheduledChange,
  ScheduledId,
  ScheduledMessage,
  ScheduledPosition,
} from "../domain/messages/scheduled.ts";
import type {
  Contact,
  EndedSession,
  NotificationBatch,
  RepairResult,
  SocketRegistration,
} from "../domain/ports.ts";
import type { DeliveredPosition, InboxUpdate } from "../domain/sync/inbox-update.ts";
import type { NotificationBox } from "../domain/sync/notification.ts";
import type { DeviceEvent } from "../domain/sync/socket-protocol.ts";
import type { InboxComponents } from "./components.ts";
import { InboxCalls } from "./inbox-calls.ts";
import { InboxLifecycle } from "./lifecycle.ts";
import type { NotificationPage } from "./notifications.ts";
import type { ListedMessage } from "./scheduled/scheduled-messages.ts";

/**
 * The inbox of one user: their sessions and device sockets, their list, their notifications, their presence.
 * This class has its calls. Each takes one object, ignores unknown fields, and returns refusals as data.
 */
export abstract class InboxObject extends InboxLifecycle {
  /** Opens a channel for further calls, until its caller closes it. @see CallChannels */
  openCalls(): InboxCalls {
    return new InboxCalls(this);
  }

  /**
   * Stores an inbox update, and pushes its messages and ephemeral events to the user's devices. Idempotent;
   * updates may arrive in any order.
   * @returns the delivered position; null: no device is connected
   * @throws `not_found` for an unknown user, `unavailable` if messages that the devices miss cannot be
   *   fetched
   */
  applyUpdate(input: InboxUpdate): Promise<Result<DeliveredPosition>> {
    return this.answer(async ({ accountDeletion, deviceFeed, recentActivity }) => {
      if (accountDeletion.isDeleted) return null;
      recentActivity.note(input.conversationId);
      return deviceFeed.applyUpdate(input);
    });
  }

  /**
   * Stores notifications of a conversation, and tells the user's devices the end of their own join requests.
   * Idempotent.
   * @see Notifications.receive
   * @throws `not_found` for an unknown user
   */
  notify(input: NotificationBatch): Promise<Result<null>> {
    return this.answer(({ accountDeletion, notifications, sockets }) => {
      if (accountDeletion.isDeleted) return null;
      for (const { event, group } of notifications.receive(input)) {
        if (event !== "accepted" && event !== "rejected") continue;
        sockets.broadcast({ type: "join_request", conversationId: group.id, state: event });
      }
      return null;
    });
  }

  /** A page of notifications, newest first. @see Notifications.page */
  notificationPage(input: { before?: number; limit: number }): Promise<Result<NotificationPage>> {
    return this.answer(({ notifications }) => notifications.page(input));
  }

  /** The newest notification, the unread count, and whether the box is listed. */
  notificationBox(): Promise<Result<NotificationBox>> {
    return this.answer(({ notifications }) => notifications.box());
  }

  /** Marks all notifications as read. Idempotent. */
  readNotifications(): Promise<Result<null>> {
    return this.answer(({ notifications }) => {
      notifications.read();
      return null;
    });
  }

  /** Hides the notifications in the list until the next one arrives. Idempotent. @see Notifications.hide */
  hideNotifications(input: { forget: boolean }): Promise<Result<null>> {
    return this.answer(({ notifications }) => {
      notifications.hide(input.forget);
      return null;
    });
  }

  /** Sends an event to the connected devices. Without devices it is lost, and no tables are created. */
  async pushEvent(input: { event: DeviceEvent }): Promise<Result<null>> {
    if (!this.exists) return { ok: true, value: null };
    return this.answer(({ sockets }) => {
      sockets.broadcast(input.event);
      return null;
    });
  }

  /**
   * D1 has a new name or avatar of the user: announces it to their conversations and devices. Idempotent.
   * @see ProfileAnnouncer.changed
   */
  announceProfile(input: { profile: VersionedPerson }): Promise<Result<null>> {
    return this.answer(async ({ accountDeletion, profileAnnouncer }) => {
      if (!accountDeletion.isDeleted) await profileAnnouncer.changed(input.profile, this.callBudget());
      return null;
    });
  }

  /**
   * Registers a room socket before a conversation opens it. Idempotent.
   * @throws `unauthenticated` for an ended session or a deleted account
   */
  register(input: SocketRegistration): Promise<Result<null>> {
    return this.answer(({ accountDeletion, sessionGate, presence }) => {
      if (accountDeletion.isDeleted) throw accountOver();
      sessionGate.register(input);
      void presence.socketOpened();
      this.checkLater();
      return null;
    });
  }

  /** Removes a registration: the last socket of a session in a conversation has closed. Idempotent. */
  unregister(input: SocketRegistration): Promise<Result<null>> {
    return this.answer(({ sessionGate, presence }) => {
      sessionGate.unregister(input);
      presence.socketClosed();
      return null;
    });
  }

  /** Ends a session: closes its sockets, and refuses new ones until its tokens have expired. Idempotent. */
  endSession(input: EndedSession): Promise<Result<null>> {
    return this.answer(async ({ sessionTermination }) => {
      await sessionTermination.end([input], this.callBudget());
      return null;
    });
  }

  /**
   * Closes all device sockets of a session that D1 may no longer have: sockets of some wire formats outlive
   * the session's tokens. New sockets need valid tokens anyway.
   * @returns whether the session had device sockets
   */
  closeSession({ sessionId }: { sessionId: SessionId }): Promise<Result<boolean>> {
    return this.answer(({ sockets, presence }) => {
      const hadSockets = sockets.open().some((socket) => socket.sessionId === sessionId);
      sockets.kickSession(sessionId);
      presence.socketClosed();
      return hadSockets;
    });
  }

  /**
   * D1 may be about to end sessions. Unless `endSessions` follows with this token, a job looks them up in D1.
   */
  prepareSessionEnd(input: { token: string }): Promise<Result<null>> {
    return this.answer(({ sessionTermination }) => {
      sessionTermination.prepare(input.token);
      return null;
    });
  }

  /** Ends the sessions that D1 has ended, and confirms the prepared end with this token. Idempotent. */
  endSessions(input: { token: string; sessions: EndedSession[] }): Promise<Result<null>> {
    return this.answer(async ({ sessionTermination, sockets }) => {
      // D1 forgets expired sessions, but their device sockets may still be open.
      sockets.kickExpired(true);
      await sessionTermination.end(input.sessions, this.callBudget());
      sessionTermination.confirm(input.token);
      return null;
    });
  }

  /**
   * D1 may be about to delete the account. Unless `deleteAccount` follows with this token, a job looks it up
   * in D1.
   */
  prepareDeletion(input: { token: string }): Promise<Result<null>> {
    return this.answer(({ accountDeletion }) => {
      accountDeletion.prepare(input.token);
      return null;
    });
  }

  /**
   * D1 has deleted the account; confirms the prepared deletion with this token. The inbox closes all sockets,
   * refuses new ones, empties itself, and notifies the contacts. Each conversation is called once to remove
   * the user, for a few seconds altogether; jobs retry after that. Idempotent.
   */
  deleteAccount(input: { token: string; contacts?: Contact[] }): Promise<Result<null>> {
    return this.answer(async (components) => {
      const calls = this.callBudget();
      const conversationIds = await this.deleteAll(components, calls);
      components.accountDeletion.confirm(input.token);
      const left = components.accountDeletion.tryAll(conversationIds, calls);
      // The answer does not wait for the contacts: a contact who misses the event finds the change in their
      // lists.
      void components.contactNotifier.accountDeleted(input.contacts ?? [], calls);
      await left;
      return null;
    });
  }

  /** A page of the user's list, pinned conversations first, then by newest activity. */
  list(input: ListRange): Promise<Result<InboxEntry[]>> {
    return this.answer(async (components) => {
      await this.#refresh(components);
      const entries = components.list.page(input.limit, input.after, input.ids, input.archived);
      if (!input.withDrafts) return entries;
      const drafts = components.composerDrafts.of(entries.map(({ conversationId }) => conversationId));
      return entries.map((entry) => {
        const draft = drafts.get(entry.conversationId);
        return draft ? { ...entry, draft } : entry;
      });
    });
  }

  /**
   * What follows in a walk through the list by activity. The conversations that may have changed are asked
   * first. @see ConversationList.activity
   */
  activity(input: ActivityRange): Promise<Result<ActivityPage>> {
    return this.answer(async (components) => {
      if (input.walked?.by !== "id") await this.#refresh(components);
      return components.list.activity(input);
    });
  }

  /** A page of the list, and the notification box. @see list */
  overview(input: ListRange): Promise<Result<{ entries: InboxEntry[]; box: NotificationBox }>> {
    return this.answer(async (components) => {
      await this.#refresh(components);
      return {
        entries: components.list.page(input.limit, input.after, input.ids, input.archived),
        box: components.notifications.box(),
      };
    });
  }

  /** All conversations of the user, also left ones. @see ConversationList.onRecord */
  listOnRecord(): Promise<Result<EntryOnRecord[]>> {
    return this.answer(async (components) => {
      await this.#refresh(components);
      return components.list.onRecord();
    });
  }

  /** The list entries of these conversations. @see ConversationList.entries */
  entries(input: { ids: ConversationId[]; includeHidden?: boolean }): Promise<Result<InboxEntry[]>> {
    return this.answer(async (components) => {
      if (input.includeHidden) await this.#refresh(components);
      return components.list.entries(input.ids, input.includeHidden);
    });
  }

  /** A range of the list, optionally of one kind, by newest activity, and the total. */
  numbered(input: NumberedRange): Promise<Result<NumberedPage>> {
    return this.answer(async (components) => {
      await this.#refresh(components);
      return components.list.numbered(input);
    });
  }

  /** The conversations of the list with unread messages. @see ConversationList.unread */
  unread(): Promise<Result<UnreadEntry[]>> {
    return this.answer(async (components) => {
      await this.#refresh(components);
      return components.list.unread();
    });
  }

  /**
   * Stores a draft of the user. Idempotent.
   * @see Drafts.keep
   * @throws `unauthenticated` for a deleted account
   */
  keepDraft(input: StoredDraft): Promise<Result<null>> {
    return this.answer(({ drafts, accountDeletion }) => {
      if (accountDeletion.isDeleted) throw accountOver();
      drafts.keep(input);
      return null;
    });
  }

  /** The content of a stored draft, or the message that it became. @throws `not_found` @see Drafts.get */
  draft(input: { id: DraftId }): Promise<Result<DraftState>> {
    return this.answer(({ drafts }) => drafts.get(input.id));
  }

  /**
   * Replaces the content of a stored draft, unless it was sent. @returns its state after it @throws
   * `not_found`, `rate_limited` @see Drafts.change
   */
  changeDraft(input: { id: DraftId; content: DraftContent }): Promise<Result<DraftState>> {
    return this.answer(({ drafts }) => drafts.change(input.id, input.content));
  }

  /** Notes that a stored draft was sent as this message. Idempotent. @see Drafts.sent */
  noteDraftSent(input: { id: DraftId } & MessageReference): Promise<Result<null>> {
    return this.answer(({ drafts }) => {
      drafts.sent(input.id, input);
      return null;
    });
  }

  /**
   * Stores a composer draft of the user. Idempotent.
   * @see ComposerDrafts.put
   * @throws `unauthenticated` for a deleted account
   */
  putComposerDraft(input: WrittenDraft): Promise<Result<ComposerDraft>> {
    return this.answer(({ composerDrafts, accountDeletion }) => {
      if (accountDeletion.isDeleted) throw accountOver();
      return composerDrafts.put(input);
    });
  }

  /** Deletes the user's composer draft in a conversation. Idempotent. @see ComposerDrafts.discard */
  discardComposerDraft(input: Omit<WrittenDraft, "content">): Promise<Result<null>> {
    return this.answer(async ({ composerDrafts }) => {
      await composerDrafts.discard(input.conversationId, input.sessionId);
      return null;
    });
  }

  /**
   * Stores a scheduled message. Idempotent: a known client message id gives the stored one.
   * @see ScheduledMessages.add
   * @throws `unauthenticated` for a deleted account
   */
  schedule(input: NewScheduledMessage): Promise<Result<ScheduledMessage>> {
    return this.answer(({ scheduled, accountDeletion }) => {
      if (accountDeletion.isDeleted) throw accountOver();
      const { message, isNew } = scheduled.messages.add(input);
      if (isNew) scheduled.sends.stored(message);
      return message;
    });
  }

  /** The scheduled message of a conversation with this client message id; null: none waits or failed. */
  scheduledAs(input: { conversationId: ConversationId; clientMsgId: string }) {
    return this.answer(
      ({ scheduled }) => scheduled.messages.findByClientId(input.conversationId, input.clientMsgId) ?? null,
    );
  }

  /** One scheduled message. @throws `not_found` */
  scheduledMessage(input: { id: ScheduledId }): Promise<Result<ScheduledMessage>> {
    return this.answer(({ scheduled }) => scheduled.messages.get(input.id));
  }

  /** A page of the scheduled messages, in the order in which they are due. @see ScheduledMessages.page */
  scheduledPage(input: { after?: ScheduledPosition; limit: number }): Promise<Result<ListedMessage[]>> {
    return this.answer(({ scheduled }) => scheduled.messages.page(input.after, input.limit));
  }

  /** Changes a scheduled message until it is due. @see ScheduledMessages.change */
  changeScheduled(input: { id: ScheduledId; change: ScheduledChange }): Promise<Result<ScheduledMessage>> {
    return this.answer(({ scheduled }) => {
      const { draft } = scheduled.messages.get(input.id);
      const message = scheduled.messages.change(input.id, input.change);
      scheduled.sends.stored(message, draft);
      return message;
    });
  }

  /** Deletes a scheduled message until it is due. @see ScheduledMessages.delete */
  deleteScheduled(input: { id: ScheduledId }): Promise<Result<null>> {
    return this.answer(({ scheduled }) => {
      scheduled.sends.deleted(scheduled.messages.delete(input.id));
      return null;
    });
  }

  /**
   * Copies from D1 the preferences by which pages of the list are cut. Idempotent. Callers of the previous
   * release, which has the name, know only whether a conversation is pinned.
   */
  setPinned(
    input: { conversationId: ConversationId; pinned: boolean } & Partial<ArchiveState>,
  ): Promise<Result<null>> {
    return this.answer(({ list }) => {
      const { conversationId, pinned, archivedCount, mutedUntil } = input;
      list.setPinned(conversationId, pinned);
      if (archivedCount === undefined || mutedUntil === undefined) return null;
      list.setArchive(conversationId, { archivedCount, mutedUntil });
      return null;
    });
  }

  /**
   * Saves a message that the user sees, or changes what was saved of it. Idempotent.
   * @see SavedMessages.save
   * @throws `unauthenticated` for a deleted account, `validation_failed`, `conflict`
   */
  saveMessage(input: MessageReference & SavedChange): Promise<Result<SavedEntry>> {
    return this.answer(({ saved, accountDeletion }) => {
      if (accountDeletion.isDeleted) throw accountOver();
      return saved.save(input);
    });
  }

  /** Ends what was saved of these messages. Idempotent. */
  unsaveMessages(input: { messages: MessageReference[] }): Promise<Result<null>> {
    return this.answer(({ saved }) => {
      saved.remove(input.messages);
      return null;
    });
  }

  /** A page of saved messages, newest first. @see SavedMessages.page */
  savedPage(input: SavedRange): Promise<Result<SavedEntry[]>> {
    return this.answer(({ saved }) => saved.page(input));
  }

  /** The conversations of the list with unread mentions. @see ConversationList.unreadMentions */
  unreadMentions(input: { limit: number }): Promise<Result<UnreadMentions[]>> {
    return this.answer(async (components) => {
      await this.#refresh(components);
      return components.list.unreadMentions(input.limit);
    });
  }

  /**
   * Rebuilds the user's list from their conversations, and has the registrations of room sockets checked.
   * Idempotent.
   * @see ListRepair.run
   */
  repair(): Promise<Result<RepairResult>> {
    return this.answer(({ repair }) => repair.run(this.callBudget()));
  }

  /** Fetches snapshots of conversations that may have changed, before the list is read. */
  async #refresh(components: InboxComponents): Promise<void> {
    // If a subscription with devices was lost when the device connected, it is repeated here.
    const hasDevices = components.sockets.open().length > 0;
    await Promise.all([components.snapshotRequests.beforeList(), components.subscriptions.renew(hasDevices)]);
  }
}
