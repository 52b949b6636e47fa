import type {
  EntryOnRecord,
  InboxEntry,
  ListRange,
  NumberedPage,
  NumberedRange,
} from "../domain/conversations/conversation-list.ts";
import type { ConversationId, SessionId, UserId } from "../domain/ids.ts";
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
import type { Timing } from "../domain/timing.ts";
import { callObject, callObjectOnce } from "../object/rpc.ts";
import { type DeviceOpening, OPENING_HEADER } from "./devices/handshake.ts";
import type { NotificationPage } from "./notifications.ts";
import type { InboxObject } from "./object.ts";

/** Inbox objects by the id of their user. Every call is idempotent. */
export class InboxStubs {
  readonly #namespace: DurableObjectNamespace<InboxObject>;
  readonly #timing: Timing["rpcRetry"];

  constructor(namespace: DurableObjectNamespace<InboxObject>, timing: Timing["rpcRetry"]) {
    this.#namespace = namespace;
    this.#timing = timing;
  }

  /** @see InboxObject.applyUpdate */
  applyUpdate(userId: UserId, update: InboxUpdate): Promise<DeliveredPosition> {
    return callObject(this.#timing, () => this.#stub(userId).applyUpdate(update));
  }

  /** @see InboxObject.notify */
  notify(userId: UserId, notifications: NotificationBatch): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).notify(notifications));
  }

  /** @see InboxObject.notificationPage */
  notificationPage(userId: UserId, input: { before?: number; limit: number }): Promise<NotificationPage> {
    return callObject(this.#timing, () => this.#stub(userId).notificationPage(input));
  }

  /** @see InboxObject.notificationBox */
  notificationBox(userId: UserId): Promise<NotificationBox> {
    return callObject(this.#timing, () => this.#stub(userId).notificationBox());
  }

  /** @see InboxObject.readNotifications */
  readNotifications(userId: UserId): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).readNotifications());
  }

  /** @see InboxObject.hideNotifications */
  hideNotifications(userId: UserId, input: { forget: boolean }): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).hideNotifications(input));
  }

  /** @see InboxObject.pushEvent */
  pushEvent(userId: UserId, event: DeviceEvent): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).pushEvent({ event }));
  }

  /**
   * Asks the object for a socket of one of the user's devices: 101, or a `Failure` as JSON. The request is a
   * new one, which says who opens it and nothing else of the client's. @see InboxObject.fetch
   */
  openSocket(userId: UserId, opening: DeviceOpening): Promise<Response> {
    const headers = { Upgrade: "websocket", [OPENING_HEADER]: JSON.stringify(opening) };
    const request = new Request("https://inbox/socket", { headers });
    return callObjectOnce(async () => ({ ok: true, value: await this.#stub(userId).fetch(request) }));
  }

  /** @see InboxObject.register */
  register(userId: UserId, socket: SocketRegistration): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).register(socket));
  }

  /** @see InboxObject.unregister */
  unregister(userId: UserId, socket: SocketRegistration): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).unregister(socket));
  }

  /**
   * Ends a session at the gate: its sockets close with 4001, new ones are refused until `expiresAt`
   * (ms), when its tokens are void anyway.
   */
  endSession(userId: UserId, input: EndedSession): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).endSession(input));
  }

  /** @see InboxObject.closeSession */
  closeSession(userId: UserId, input: { sessionId: SessionId }): Promise<boolean> {
    return callObject(this.#timing, () => this.#stub(userId).closeSession(input));
  }

  /** @see InboxObject.prepareSessionEnd */
  prepareSessionEnd(userId: UserId, input: { token: string }): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).prepareSessionEnd(input));
  }

  /** @see InboxObject.endSessions */
  endSessions(userId: UserId, input: { token: string; sessions: EndedSession[] }): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).endSessions(input));
  }

  /** @see InboxObject.prepareDeletion */
  prepareDeletion(userId: UserId, input: { token: string }): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).prepareDeletion(input));
  }

  /** @see InboxObject.deleteAccount */
  deleteAccount(userId: UserId, input: { token: string; contacts: Contact[] }): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).deleteAccount(input));
  }

  /** @see InboxObject.list */
  list(userId: UserId, input: ListRange): Promise<InboxEntry[]> {
    return callObject(this.#timing, () => this.#stub(userId).list(input));
  }

  /** @see InboxObject.overview */
  overview(userId: UserId, input: ListRange): Promise<{ entries: InboxEntry[]; box: NotificationBox }> {
    return callObject(this.#timing, () => this.#stub(userId).overview(input));
  }

  /** @see InboxObject.listOnRecord */
  listOnRecord(userId: UserId): Promise<EntryOnRecord[]> {
    return callObject(this.#timing, () => this.#stub(userId).listOnRecord());
  }

  /** @see InboxObject.entries */
  entries(userId: UserId, input: { ids: ConversationId[]; evenHidden?: boolean }): Promise<InboxEntry[]> {
    return callObject(this.#timing, () => this.#stub(userId).entries(input));
  }

  /** @see InboxObject.numbered */
  numbered(userId: UserId, input: NumberedRange): Promise<NumberedPage> {
    return callObject(this.#timing, () => this.#stub(userId).numbered(input));
  }

  /** @see InboxObject.keepDraft */
  keepDraft(userId: UserId, draft: StoredDraft): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).keepDraft(draft));
  }

  /** @see InboxObject.draft */
  draft(userId: UserId, input: { id: DraftId }): Promise<DraftState> {
    return callObject(this.#timing, () => this.#stub(userId).draft(input));
  }

  /** @see InboxObject.noteDraftSent */
  noteDraftSent(userId: UserId, input: { id: DraftId } & MessageReference): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).noteDraftSent(input));
  }

  /** @see InboxObject.repair */
  repair(userId: UserId): Promise<RepairResult> {
    return callObject(this.#timing, () => this.#stub(userId).repair());
  }

  /** @see InboxObject.setPinned */
  setPinned(userId: UserId, input: { conversationId: ConversationId; sticky: boolean }): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).setPinned(input));
  }

  #stub(userId: UserId): DurableObjectStub<InboxObject> {
    return this.#namespace.getByName(String(userId));
  }
}
