import type { Bump, InboxEntry, Kept, ListRange, NumberedPage, NumberedRange, Told } from "../core/bump.ts";
import type { DraftId, KeptDraft, StoredDraft } from "../core/draft.ts";
import type { ConversationId, SessionId, UserId } from "../core/ids.ts";
import type { Reference } from "../core/message.ts";
import type { NoticeBox } from "../core/notice.ts";
import type { Contact, EndedSession, Notices, Repaired, SocketRegistration } from "../core/ports.ts";
import type { DeviceEvent } from "../core/protocol.ts";
import type { Timing } from "../core/timing.ts";
import { callObject, callObjectOnce } from "../object/stub.ts";
import type { NoticePage } from "./notices.ts";
import type { InboxObject } from "./object.ts";
import { type DeviceOpening, OPENING_HEADER } from "./opening.ts";

/** Inbox objects by the id of their user. Every call is idempotent. */
export class InboxStubs {
  readonly #namespace: DurableObjectNamespace<InboxObject>;
  readonly #timing: Timing["rpcRetry"];

  constructor(namespace: DurableObjectNamespace<InboxObject>, timing: Timing["rpcRetry"]) {
    this.#namespace = namespace;
    this.#timing = timing;
  }

  /** @see InboxObject.bump */
  bump(userId: UserId, bump: Bump): Promise<Told> {
    return callObject(this.#timing, () => this.#stub(userId).bump(bump));
  }

  /** @see InboxObject.notify */
  notify(userId: UserId, notices: Notices): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).notify(notices));
  }

  /** @see InboxObject.notices */
  notices(userId: UserId, input: { before?: number; limit: number }): Promise<NoticePage> {
    return callObject(this.#timing, () => this.#stub(userId).notices(input));
  }

  /** @see InboxObject.noticeBox */
  noticeBox(userId: UserId): Promise<NoticeBox> {
    return callObject(this.#timing, () => this.#stub(userId).noticeBox());
  }

  /** @see InboxObject.readNotices */
  readNotices(userId: UserId): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).readNotices());
  }

  /** @see InboxObject.hideNotices */
  hideNotices(userId: UserId, input: { forget: boolean }): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).hideNotices(input));
  }

  /** @see InboxObject.tell */
  tell(userId: UserId, event: DeviceEvent): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).tell({ event }));
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

  /** @see InboxObject.endingSessions */
  endingSessions(userId: UserId, input: { token: string }): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).endingSessions(input));
  }

  /** @see InboxObject.endSessions */
  endSessions(userId: UserId, input: { token: string; sessions: EndedSession[] }): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).endSessions(input));
  }

  /** @see InboxObject.leaving */
  leaving(userId: UserId, input: { token: string }): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).leaving(input));
  }

  /** @see InboxObject.farewell */
  farewell(userId: UserId, input: { token: string; contacts: Contact[] }): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).farewell(input));
  }

  /** @see InboxObject.list */
  list(userId: UserId, input: ListRange): Promise<InboxEntry[]> {
    return callObject(this.#timing, () => this.#stub(userId).list(input));
  }

  /** @see InboxObject.overview */
  overview(userId: UserId, input: ListRange): Promise<{ entries: InboxEntry[]; box: NoticeBox }> {
    return callObject(this.#timing, () => this.#stub(userId).overview(input));
  }

  /** @see InboxObject.kept */
  kept(userId: UserId): Promise<Kept[]> {
    return callObject(this.#timing, () => this.#stub(userId).kept());
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
  draft(userId: UserId, input: { id: DraftId }): Promise<KeptDraft> {
    return callObject(this.#timing, () => this.#stub(userId).draft(input));
  }

  /** @see InboxObject.draftSent */
  draftSent(userId: UserId, input: { id: DraftId } & Reference): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).draftSent(input));
  }

  /** @see InboxObject.repair */
  repair(userId: UserId): Promise<Repaired> {
    return callObject(this.#timing, () => this.#stub(userId).repair());
  }

  /** @see InboxObject.stick */
  stick(userId: UserId, input: { conversationId: ConversationId; sticky: boolean }): Promise<null> {
    return callObject(this.#timing, () => this.#stub(userId).stick(input));
  }

  #stub(userId: UserId): DurableObjectStub<InboxObject> {
    return this.#namespace.getByName(String(userId));
  }
}
