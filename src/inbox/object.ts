import type {
  EntryOnRecord,
  InboxEntry,
  ListRange,
  NumberedPage,
  NumberedRange,
} from "../domain/conversations/conversation-list.ts";
import { CoreError, type Result } from "../domain/errors.ts";
import type { ConversationId, SessionId } from "../domain/ids.ts";
import type { DraftId, DraftState, StoredDraft } from "../domain/messages/draft.ts";
import type { MessageReference } from "../domain/messages/message.ts";
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
import { withDeadline } from "../object/deadline.ts";
import type { InboxComponents } from "./components.ts";
import { InboxLifecycle } from "./lifecycle.ts";
import type { NotificationPage } from "./notifications.ts";

/**
 * One user: the gate of his sockets, those of his devices, his list of conversations, whether he is online.
 * These are its calls: each takes one object, ignores what it does not know of it, and answers what it refuses
 * as data.
 */
export abstract class InboxObject extends InboxLifecycle {
  /**
   * Takes a conversation's snapshot, and tells the user's devices what came with it. Idempotent, in any order.
   * @returns up to where they know; null: no device has a socket open
   * @throws `not_found` for an unknown user, `unavailable` where what they miss cannot be had
   */
  applyUpdate(input: InboxUpdate): Promise<Result<DeliveredPosition>> {
    return this.answer(async ({ accountDeletion, deviceFeed, recentActivity }) => {
      if (accountDeletion.isDeleted) return null;
      recentActivity.note(input.conversationId);
      return deviceFeed.applyUpdate(input);
    });
  }

  /** Takes notices of a conversation. Idempotent. @see NotificationBatch.take @throws `not_found` for an unknown user */
  notify(input: NotificationBatch): Promise<Result<null>> {
    return this.answer(({ accountDeletion, notifications }) => {
      if (!accountDeletion.isDeleted) notifications.receive(input);
      return null;
    });
  }

  /** Part of the user's notices, the newest first. @see NotificationBatch.page */
  notificationPage(input: { before?: number; limit: number }): Promise<Result<NotificationPage>> {
    return this.answer(({ notifications }) => notifications.page(input));
  }

  /** How the user stands to his notices. */
  notificationBox(): Promise<Result<NotificationBox>> {
    return this.answer(({ notifications }) => notifications.box());
  }

  /** Marks all notices as read. Idempotent. */
  readNotifications(): Promise<Result<null>> {
    return this.answer(({ notifications }) => {
      notifications.read();
      return null;
    });
  }

  /** Takes the notices out of the user's list until something comes. Idempotent. @see NotificationBatch.hide */
  hideNotifications(input: { forget: boolean }): Promise<Result<null>> {
    return this.answer(({ notifications }) => {
      notifications.hide(input.forget);
      return null;
    });
  }

  /** Tells the user's devices of something that passes by; without any it is lost, and nothing is made for it. */
  async pushEvent(input: { event: DeviceEvent }): Promise<Result<null>> {
    if (!this.exists) return { ok: true, value: null };
    return this.answer(({ sockets }) => {
      sockets.broadcast(input.event);
      return null;
    });
  }

  /** Notes a socket that is about to open in a conversation. @throws `unauthenticated` for an ended session */
  register(input: SocketRegistration): Promise<Result<null>> {
    return this.answer(({ accountDeletion, sessionGate, presence }) => {
      if (accountDeletion.isDeleted) throw noAccount();
      sessionGate.register(input);
      void presence.came();
      this.checkLater();
      return null;
    });
  }

  /** The last socket of a session in a conversation has closed. */
  unregister(input: SocketRegistration): Promise<Result<null>> {
    return this.answer(({ sessionGate, presence }) => {
      sessionGate.unregister(input);
      presence.left();
      return null;
    });
  }

  /** Ends a session: closes its sockets, refuses new ones until its tokens have expired. Idempotent. */
  endSession(input: EndedSession): Promise<Result<null>> {
    return this.answer(async ({ sessionTermination }) => {
      await sessionTermination.end([input]);
      return null;
    });
  }

  /**
   * Closes the devices' sockets of a session which have outlived its tokens: no new one opens with these.
   * @returns whether it had some
   */
  closeSession({ sessionId }: { sessionId: SessionId }): Promise<Result<boolean>> {
    return this.answer(({ sockets, presence }) => {
      const hadSockets = sockets.open().some((socket) => socket.sessionId === sessionId);
      sockets.kickSession(sessionId);
      presence.left();
      return hadSockets;
    });
  }

  /** D1 may be about to end sessions; `endSessions` with this token is to follow, else a job looks there. */
  prepareSessionEnd(input: { token: string }): Promise<Result<null>> {
    return this.answer(({ sessionTermination }) => {
      sessionTermination.prepare(input.token);
      return null;
    });
  }

  /** Ends the sessions which D1 has ended, as was announced with this token. Idempotent. */
  endSessions(input: { token: string; sessions: EndedSession[] }): Promise<Result<null>> {
    return this.answer(async ({ sessionTermination, sockets }) => {
      // D1 forgets sessions that have expired, whose sockets may be open all the same.
      sockets.kickExpired(true);
      await sessionTermination.end(input.sessions);
      sessionTermination.confirm(input.token);
      return null;
    });
  }

  /** D1 may be about to delete the account; `farewell` with this token is to follow, else a job looks there. */
  prepareDeletion(input: { token: string }): Promise<Result<null>> {
    return this.answer(({ accountDeletion }) => {
      accountDeletion.announce(input.token);
      return null;
    });
  }

  /**
   * The account is deleted in D1, as was announced with this token: closes all sockets, refuses new ones,
   * forgets what is kept here, has the user taken out of every conversation, and tells the contacts that he had.
   * One try of some seconds before this resolves; jobs go on with the conversations. Idempotent.
   */
  deleteAccount(input: { token: string; contacts?: Contact[] }): Promise<Result<null>> {
    return this.answer(async (components) => {
      const left = await this.deleteAll(components);
      components.accountDeletion.confirm(input.token);
      // Nobody waits for the contacts: what is lost they find in their lists.
      void components.contactNotifier.accountDeleted(input.contacts ?? []);
      await components.accountDeletion.tryAll(left);
      return null;
    });
  }

  /** A page of the user's conversations, sticky ones first, then newest activity. */
  list(input: ListRange): Promise<Result<InboxEntry[]>> {
    return this.answer(async (components) => {
      await this.#look(components);
      return components.list.page(input.limit, input.after, input.ids);
    });
  }

  /** The same, and how he stands to his notices. */
  overview(input: ListRange): Promise<Result<{ entries: InboxEntry[]; box: NotificationBox }>> {
    return this.answer(async (components) => {
      await this.#look(components);
      return {
        entries: components.list.page(input.limit, input.after, input.ids),
        box: components.notifications.box(),
      };
    });
  }

  /** All conversations of the user's, whatever their number, also those which he has left. @see List.kept */
  listOnRecord(): Promise<Result<EntryOnRecord[]>> {
    return this.answer(async (components) => {
      await this.#look(components);
      return components.list.onRecord();
    });
  }

  /** These conversations of the user's list, as they are now. @see List.entries */
  entries(input: { ids: ConversationId[]; evenHidden?: boolean }): Promise<Result<InboxEntry[]>> {
    return this.answer(async (components) => {
      if (input.evenHidden) await this.#look(components);
      return components.list.entries(input.ids, input.evenHidden);
    });
  }

  /** A part of the user's conversations, or of those of one kind, the newest activity first, and how many there are. */
  numbered(input: NumberedRange): Promise<Result<NumberedPage>> {
    return this.answer(async (components) => {
      await this.#look(components);
      const unknown = input.kind ? components.list.ofUnknownKind() : [];
      if (unknown.length > 0) components.list.setKinds(await this.deps.directory.kinds(unknown));
      return components.list.numbered(input);
    });
  }

  /** Keeps a message that its sender, this user, has made and not sent. Idempotent. @see Drafts.keep */
  keepDraft(input: StoredDraft): Promise<Result<null>> {
    return this.answer(({ drafts, accountDeletion }) => {
      if (accountDeletion.isDeleted) throw noAccount();
      drafts.keep(input);
      return null;
    });
  }

  /** What is known of a draft of the user's. @throws `not_found` @see Drafts.get */
  draft(input: { id: DraftId }): Promise<Result<DraftState>> {
    return this.answer(({ drafts }) => drafts.get(input.id));
  }

  /** A draft was sent, and is this message. Idempotent. @see Drafts.sent */
  noteDraftSent(input: { id: DraftId } & MessageReference): Promise<Result<null>> {
    return this.answer(({ drafts }) => {
      drafts.sent(input.id, input);
      return null;
    });
  }

  /** Copies the member's own flag, which D1 keeps: it cuts the pages of the list. */
  setPinned(input: { conversationId: ConversationId; pinned: boolean }): Promise<Result<null>> {
    return this.answer(({ list }) => {
      list.setPinned(input.conversationId, input.pinned);
      return null;
    });
  }

  /**
   * Rebuilds the user's list from his conversations, whatever it has; and has it looked at which of his sockets
   * are open. Idempotent. @see Repair.run
   */
  repair(): Promise<Result<RepairResult>> {
    return this.answer(({ repair }) => repair.run());
  }

  /** Before somebody looks at his list: what may be newer than it says is asked. */
  async #look(components: InboxComponents): Promise<void> {
    // A group that has not heard of a device when it came hears of it now.
    const listens = components.sockets.open().length > 0;
    await Promise.all([this.#refreshRecent(components), components.subscriptions.renew(listens)]);
  }

  /** Takes the newest of conversations in which something goes on; one that does not answer stays as known. */
  async #refreshRecent({ deviceFeed, recentActivity }: InboxComponents): Promise<void> {
    const { conversations, timing } = this.deps;
    const { snapshotTimeoutMs } = timing.list;
    const asked = recentActivity
      .forLists()
      .map((id) => withDeadline(conversations.snapshot(id, { userId: this.userId() }), snapshotTimeoutMs));
    for (const answered of await Promise.allSettled(asked)) {
      if (answered.status === "fulfilled") deviceFeed.applySubscription(answered.value);
    }
  }
}

function noAccount(): CoreError {
  return new CoreError("unauthenticated", "This account does not exist any more.");
}
