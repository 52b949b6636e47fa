import type { Person } from "../domain/accounts/person.ts";
import type { ConversationId, Position, Seq, SessionId, UserId } from "../domain/ids.ts";
import type { AnyDraft } from "../domain/messages/message.ts";
import type { DeviceSendRequest, ReplayRequest, SubscribeRequest } from "../domain/ports.ts";
import type { Timing } from "../domain/timing.ts";
import { callObject, callObjectOnce } from "../object/rpc.ts";
import type { GroupProfileChange, MemberEdit } from "./changes/group.ts";
import type { JoinDecision } from "./changes/joining.ts";
import type { HistoryChunkQuery } from "./history.ts";
import type { ReadableRange } from "./log/readable-log.ts";
import type { MemberRange } from "./members/member-list.ts";
import type { ConversationObject } from "./object.ts";
import type { SearchQuery } from "./search/search.ts";
import { OPENING_HEADER, type Opening } from "./sockets/handshake.ts";

/** Conversation objects by the id of their conversation. What an object refuses is thrown as a `CoreError`. */
export class ConversationStubs {
  readonly #namespace: DurableObjectNamespace<ConversationObject>;
  readonly #timing: Timing["rpcRetry"];

  constructor(namespace: DurableObjectNamespace<ConversationObject>, timing: Timing["rpcRetry"]) {
    this.#namespace = namespace;
    this.#timing = timing;
  }

  /** @see ConversationObject.init */
  init(id: ConversationId, userId: UserId) {
    return callObject(this.#timing, () => this.#stub(id).init({ userId }));
  }

  /** Without a client id a send is not idempotent: it is tried once. @see ConversationObject.send */
  send(id: ConversationId, input: { userId: UserId; draft: AnyDraft }) {
    const call = () => this.#stub(id).send(input);
    return input.draft.clientMsgId === undefined ? callObjectOnce(call) : callObject(this.#timing, call);
  }

  /** @see ConversationObject.page */
  page(id: ConversationId, input: { userId: UserId; before?: Position; after?: Position; limit: number }) {
    return callObject(this.#timing, () => this.#stub(id).page(input));
  }

  /** @see ConversationObject.pageWithContext */
  pageWithContext(id: ConversationId, input: { userId: UserId; before?: number; limit: number }) {
    return callObject(this.#timing, () => this.#stub(id).pageWithContext(input));
  }

  /** @see ConversationObject.readablePage */
  readablePage(id: ConversationId, input: { userId: UserId } & ReadableRange) {
    return callObject(this.#timing, () => this.#stub(id).readablePage(input));
  }

  /** @see ConversationObject.history */
  history(id: ConversationId, input: { userId: UserId; includeFormer?: boolean } & HistoryChunkQuery) {
    return callObject(this.#timing, () => this.#stub(id).history(input));
  }

  /** @see ConversationObject.message */
  message(id: ConversationId, input: { userId: UserId; seq: Seq }) {
    return callObject(this.#timing, () => this.#stub(id).message(input));
  }

  /** @see ConversationObject.search */
  search(id: ConversationId, input: { userId: UserId } & SearchQuery) {
    return callObject(this.#timing, () => this.#stub(id).search(input));
  }

  /** @see ConversationObject.messages */
  messages(id: ConversationId, input: { userId: UserId; seqs: Seq[] }) {
    return callObject(this.#timing, () => this.#stub(id).messages(input));
  }

  /** @see ConversationObject.revoke */
  revoke(id: ConversationId, input: { userId: UserId; seq: Seq }) {
    return callObject(this.#timing, () => this.#stub(id).revoke(input));
  }

  /** Not twice: tried once. @see ConversationObject.revokeWithin */
  revokeWithin(id: ConversationId, input: { userId: UserId; seq: Seq; withinS: number }) {
    return callObjectOnce(() => this.#stub(id).revokeWithin(input));
  }

  /** @see ConversationObject.hide */
  hide(id: ConversationId, input: { userId: UserId; seq: Seq }) {
    return callObject(this.#timing, () => this.#stub(id).hide(input));
  }

  /** @see ConversationObject.deleteForMe */
  deleteForMe(id: ConversationId, input: { userId: UserId; keepsHistory?: boolean }) {
    return callObject(this.#timing, () => this.#stub(id).deleteForMe(input));
  }

  /** @see ConversationObject.read */
  read(id: ConversationId, input: { userId: UserId; seq?: Position }) {
    return callObject(this.#timing, () => this.#stub(id).read(input));
  }

  /** @see ConversationObject.setIgnoreUnread */
  setIgnoreUnread(id: ConversationId, input: { userId: UserId; ignoresUnread: boolean }) {
    return callObject(this.#timing, () => this.#stub(id).setIgnoreUnread(input));
  }

  /** @see ConversationObject.receipts */
  receipts(id: ConversationId, input: { userId: UserId }) {
    return callObject(this.#timing, () => this.#stub(id).receipts(input));
  }

  /** Tried once: a draft without a client id would be stored twice. @see ConversationObject.sendFromDevice */
  sendFromDevice(id: ConversationId, input: DeviceSendRequest) {
    return callObjectOnce(() => this.#stub(id).sendFromDevice(input));
  }

  /** @see ConversationObject.typing */
  typing(id: ConversationId, userId: UserId) {
    return callObject(this.#timing, () => this.#stub(id).typing({ userId }));
  }

  /** @see ConversationObject.replay */
  replay(id: ConversationId, input: ReplayRequest) {
    return callObject(this.#timing, () => this.#stub(id).replay(input));
  }

  /** @see ConversationObject.subscribe */
  subscribe(id: ConversationId, input: SubscribeRequest) {
    return callObject(this.#timing, () => this.#stub(id).subscribe(input));
  }

  /** @see ConversationObject.snapshot */
  snapshot(id: ConversationId, userId: UserId) {
    return callObject(this.#timing, () => this.#stub(id).snapshot({ userId }));
  }

  /** @see ConversationObject.snapshotForRepair */
  snapshotForRepair(id: ConversationId, input: { userId: UserId; listens: boolean }) {
    return callObject(this.#timing, () => this.#stub(id).snapshotForRepair(input));
  }

  /** @see ConversationObject.describe */
  describe(id: ConversationId, input: { userId: UserId }) {
    return callObject(this.#timing, () => this.#stub(id).describe(input));
  }

  /** @see ConversationObject.prepareBlockChange */
  prepareBlockChange(id: ConversationId, token: string) {
    return callObject(this.#timing, () => this.#stub(id).prepareBlockChange({ token }));
  }

  /** @see ConversationObject.refreshDirectPermission */
  refreshDirectPermission(id: ConversationId, token: string) {
    return callObject(this.#timing, () => this.#stub(id).refreshDirectPermission({ token }));
  }

  /** @see ConversationObject.members */
  members(id: ConversationId, input: { userId: UserId } & MemberRange) {
    return callObject(this.#timing, () => this.#stub(id).members(input));
  }

  /** @see ConversationObject.membersByIds */
  membersByIds(id: ConversationId, input: { userId: UserId; targetIds: UserId[] }) {
    return callObject(this.#timing, () => this.#stub(id).membersByIds(input));
  }

  /** @see ConversationObject.edit */
  edit(id: ConversationId, input: { userId: UserId; change: GroupProfileChange }) {
    return callObject(this.#timing, () => this.#stub(id).edit(input));
  }

  /** @see ConversationObject.add */
  add(id: ConversationId, input: { userId: UserId; people: Person[] }) {
    return callObject(this.#timing, () => this.#stub(id).add(input));
  }

  /** Tried once: a second try would find in the group whom the first has added. @see ConversationObject.addEach */
  addEach(id: ConversationId, input: { userId: UserId; people: Person[]; barred: UserId[] }) {
    return callObjectOnce(() => this.#stub(id).addEach(input));
  }

  /** @see ConversationObject.join */
  join(id: ConversationId, input: { person: Person; message: string }) {
    return callObject(this.#timing, () => this.#stub(id).join(input));
  }

  /** @see ConversationObject.joinRequests */
  joinRequests(id: ConversationId, input: { userId: UserId; limit: number; after: number }) {
    return callObject(this.#timing, () => this.#stub(id).joinRequests(input));
  }

  /** Not idempotent, like those below it: tried once. @see ConversationObject.decideJoinRequest */
  decideJoinRequest(id: ConversationId, input: { userId: UserId } & JoinDecision) {
    return callObjectOnce(() => this.#stub(id).decideJoinRequest(input));
  }

  /** @see ConversationObject.leave */
  leave(id: ConversationId, input: { userId: UserId }) {
    return callObjectOnce(() => this.#stub(id).leave(input));
  }

  /** @see ConversationObject.remove */
  remove(id: ConversationId, input: { userId: UserId; targetIds: UserId[]; reason?: string }) {
    return callObjectOnce(() => this.#stub(id).remove(input));
  }

  /** @see ConversationObject.changeMember */
  changeMember(id: ConversationId, input: { userId: UserId; targetId: UserId; change: MemberEdit }) {
    return callObjectOnce(() => this.#stub(id).changeMember(input));
  }

  /** @see ConversationObject.handOver */
  handOver(id: ConversationId, input: { userId: UserId; heirId: UserId }) {
    return callObjectOnce(() => this.#stub(id).handOver(input));
  }

  /** @see ConversationObject.dissolve */
  dissolve(id: ConversationId, input: { userId: UserId }) {
    return callObjectOnce(() => this.#stub(id).dissolve(input));
  }

  /** @see ConversationObject.pushConversation */
  pushConversation(id: ConversationId, input: { userId: UserId }) {
    return callObject(this.#timing, () => this.#stub(id).pushConversation(input));
  }

  /** @see ConversationObject.kick */
  kick(id: ConversationId, sessionId: SessionId) {
    return callObject(this.#timing, () => this.#stub(id).kick({ sessionId }));
  }

  /** @see ConversationObject.removeDeleted */
  removeDeleted(id: ConversationId, userId: UserId) {
    return callObject(this.#timing, () => this.#stub(id).removeDeleted({ userId }));
  }

  /** @see ConversationObject.openSessions */
  openSessions(id: ConversationId, sessionIds: SessionId[]) {
    return callObject(this.#timing, () => this.#stub(id).openSessions({ sessionIds }));
  }

  /**
   * Asks the object for a socket: 101, or a `Failure` as JSON. The request is a new one, which says who
   * opens it and nothing else of the client's: no token leaves the Worker. @see ConversationObject.fetch
   */
  openSocket(id: ConversationId, opening: Opening): Promise<Response> {
    const headers = { Upgrade: "websocket", [OPENING_HEADER]: JSON.stringify(opening) };
    const request = new Request("https://conversation/socket", { headers });
    return callObjectOnce(async () => ({ ok: true, value: await this.#stub(id).fetch(request) }));
  }

  #stub(id: ConversationId): DurableObjectStub<ConversationObject> {
    return this.#namespace.getByName(String(id));
  }
}
