import type { Frame, MessageItem } from "../connection/frames.ts";
import { EVENT, TYPES } from "../constants.ts";
import type { State } from "../state/state.ts";
import type { Message, User } from "../types.ts";
import { GroupData } from "./group-data.ts";
import { AGAIN_AFTER, type Lists } from "./lists.ts";
import { OwnLists } from "./own-lists.ts";
import { Receipts } from "./receipts.ts";
import { typingMessage } from "./typing.ts";

/** The fields of a message that may change. */
const CHANGEABLE = ["payload", "cloudCustomData", "isModified", "version"] as const;

const secondsNow = () => Math.floor(Date.now() / 1_000);

type Read = Extract<Frame, { type: "read" }>;

/** Takes what the socket brings, and tells the app of it. */
export class Incoming {
  readonly #state: State;
  readonly #lists: Lists;
  readonly #reload: () => void;
  readonly receipts: Receipts;
  readonly groupData: GroupData;
  readonly ownLists: OwnLists;
  /** the number of the user on the socket */
  me = 0;

  /** @param reload loads the list again, while frames wait */
  constructor(state: State, lists: Lists, reload: () => void) {
    this.#state = state;
    this.#lists = lists;
    this.#reload = reload;
    this.receipts = new Receipts(state);
    this.groupData = new GroupData(state);
    this.ownLists = new OwnLists(state);
  }

  /** The user signs out. */
  end(): void {
    this.groupData.end();
    this.ownLists.end();
  }

  /** The link is back: what the app knows and the list of conversations does not show may have changed. */
  missed(): void {
    this.receipts.missed();
    void this.groupData.missed();
    void this.ownLists.missed();
  }

  take(frame: Frame): void {
    const { conversations, events, positions } = this.#state;
    switch (frame.type) {
      case "messages":
        this.#received(positions.take(frame.items));
        return;
      case "synced":
        this.#received(positions.synced(frame));
        return;
      case "changed":
        this.#changed(frame.items);
        positions.changed(frame.conversation, frame.revision);
        return;
      case "activity":
        // Of a group that is not known yet the list says from where on it is new.
        if (positions.get(frame.conversation)) positions.sync([frame.conversation]);
        else this.#reload();
        return;
      case "reset":
        void this.#loadAnew(frame.conversation);
        return;
      case "error":
        if (frame.conversation !== undefined) this.#received(positions.failed(frame.conversation));
        return;
      case "read":
        this.#read(frame);
        return;
      case "online":
        this.#state.events.emit(EVENT.MESSAGE_RECEIVED, [this.#state.messages.received(frame.message)]);
        return;
      case "typing":
        if (frame.user !== this.me) this.#typing(frame.conversation);
        return;
      case "deleted": {
        const known = conversations.ofNumber(frame.conversation);
        if (known && known.lastMessage.lastSequence <= frame.sequence)
          conversations.remove(known.conversationID);
        return;
      }
      case "hidden":
        this.#lists.lookUpNumber(frame.conversation);
        return;
      case "conversation":
        conversations.number(frame.conversation, frame.item.conversationID);
        this.#lists.takeConversation(frame.item, frame.sequence);
        return;
      case "member":
        this.#member(frame.conversation, frame.event, frame.userIDList);
        return;
      case "profile":
        this.#profile(frame.user);
        return;
      case "status": {
        const statusType = frame.isOnline ? TYPES.USER_STATUS_ONLINE : TYPES.USER_STATUS_OFFLINE;
        events.emit(EVENT.USER_STATUS_UPDATED, [{ userID: frame.userID, statusType, customStatus: "" }]);
        return;
      }
      case "notice":
        this.#notice(frame);
        return;
      case "noticesRead":
        if (frame.isListed) conversations.setUnread(TYPES.CONV_SYSTEM, 0);
        else conversations.remove(TYPES.CONV_SYSTEM);
        return;
      case "community":
        void this.groupData.topics(frame.groupID);
        return;
      case "blacklist":
        void this.ownLists.changed("/user/getBlacklist");
        return;
      case "friend":
        void this.ownLists.changed("/friend/getFriendList");
        void this.ownLists.changed("/friend/getFriendApplicationList");
        return;
      case "friendGroups":
        void this.ownLists.changed("/friend/getFriendList");
        void this.ownLists.changed("/friend/getFriendGroupList");
        return;
      case "attributes":
      case "counter":
        this.#groupData(frame);
        return;
    }
  }

  #groupData(frame: Extract<Frame, { type: "attributes" | "counter" }>): void {
    const groupID = this.#state.conversations.ofNumber(frame.conversation)?.groupProfile?.groupID;
    if (groupID === undefined) return;
    if (frame.type === "attributes") this.groupData.attributes(groupID, frame);
    else this.groupData.counter(groupID, frame.key, frame.value);
  }

  /** More has changed than the server tells: loads what is new, and the messages of the page before it. */
  async #loadAnew(conversation: number): Promise<void> {
    const { conversations, positions } = this.#state;
    const known = positions.hold(conversation);
    const conversationID = conversations.ofNumber(conversation)?.conversationID;
    const found = conversationID === undefined ? [] : await this.#lists.pagesBack(conversationID, known);
    if (!found) {
      // Unless the link was lost: with the next one it begins anew.
      setTimeout(() => positions.isHeld(conversation) && void this.#loadAnew(conversation), AGAIN_AFTER);
      return;
    }
    const items = found.map((message) => ({ conversation, revision: 0, message }));
    this.#changed(items.filter(({ message }) => message.sequence <= known));
    this.#received(positions.loaded(conversation, items));
  }

  #received(items: MessageItem[]): void {
    const { conversations, events, messages, myID } = this.#state;
    const fresh: Message[] = [];
    for (const { conversation, message: wire, silent = false } of items) {
      const { conversationID, conversationType, flow, sequence, time } = wire;
      conversations.number(conversation, conversationID);
      const { message, isNew } = messages.take(wire);
      const isListed = !this.#state.unlisted.has(conversationID);
      if (isListed && !conversations.received(message, myID, silent)) this.#lists.lookUp(conversationID);
      // Who answers has read what is before.
      if (conversationType === TYPES.CONV_C2C && flow === "in")
        this.#readByPeer(conversationID, sequence, time);
      if (isNew) fresh.push(message);
    }
    if (fresh.length > 0) events.emit(EVENT.MESSAGE_RECEIVED, fresh);
    this.#reactions(items);
  }

  #reactions(items: MessageItem[]): void {
    const { events, messages, reactions } = this.#state;
    for (const { message: wire, reactions: list } of items) {
      const message = messages.find(wire.clientID ?? messages.localID(wire.ID));
      const reactionList = list && message && !message.isRevoked ? reactions.take(message, list) : null;
      if (reactionList)
        events.emit(EVENT.MESSAGE_REACTIONS_UPDATED, { messageID: message?.ID, reactionList });
    }
  }

  #changed(items: MessageItem[]): void {
    const { conversations, events, messages } = this.#state;
    const revoked: Message[] = [];
    const modified: Message[] = [];
    for (const { message: wire } of items) {
      const known = messages.find(wire.clientID ?? messages.localID(wire.ID));
      const before = known && { ...known };
      const { message } = messages.take(wire);
      conversations.changed(message);
      if (message.isRevoked) {
        if (!before?.isRevoked) revoked.push(message);
        // It may have been unread.
        this.#lists.lookUp(message.conversationID);
      } else if (before ? differs(before, message) : message.isModified) modified.push(message);
    }
    if (revoked.length > 0) events.emit(EVENT.MESSAGE_REVOKED, revoked);
    if (modified.length > 0) events.emit(EVENT.MESSAGE_MODIFIED, modified);
    this.#reactions(items);
  }

  #read({ conversation: number, user, sequence, unreadCount: count = 0, lastSequence }: Read): void {
    const { conversations } = this.#state;
    const conversation = conversations.ofNumber(number);
    if (!conversation) return;
    const { conversationID, type } = conversation;
    if (user === this.me)
      conversations.read(conversationID, sequence, { count, asOf: lastSequence ?? sequence });
    else if (type === TYPES.CONV_C2C) this.#readByPeer(conversationID, sequence, secondsNow());
    else this.receipts.readInGroup(conversationID);
  }

  #readByPeer(conversationID: string, sequence: number, time: number): void {
    const { conversations, events, messages, myID } = this.#state;
    const isRead = (message: Message) =>
      message.conversationID === conversationID &&
      message.flow === "out" &&
      message.status === "success" &&
      message.sequence <= sequence &&
      !message.isPeerRead;
    const read = [...messages.all()].filter(isRead);
    for (const message of read) {
      message.isPeerRead = true;
      if (message.needReadReceipt)
        message.readReceiptInfo = { readCount: 1, unreadCount: 0, isPeerRead: true };
    }
    conversations.readByPeer(conversationID, myID, sequence, time);
    if (read.length > 0) events.emit(EVENT.MESSAGE_READ_BY_PEER, read);
    this.receipts.readByPeer(read);
  }

  #typing(number: number): void {
    const conversation = this.#state.conversations.ofNumber(number);
    if (!conversation?.userProfile) return;
    const message = typingMessage(conversation.userProfile, conversation.conversationID, this.#state.myID);
    this.#state.events.emit(EVENT.MESSAGE_RECEIVED, [message]);
  }

  #notice({ message: wire, unreadCount }: Extract<Frame, { type: "notice" }>): void {
    const { conversations, events, myID } = this.#state;
    if (!this.#lists.notice(wire.sequence)) return;
    const message = this.#state.takeNotice(wire);
    conversations.received(message, myID, true);
    conversations.setUnread(TYPES.CONV_SYSTEM, unreadCount);
    events.emit(EVENT.MESSAGE_RECEIVED, [message]);
  }

  #member(number: number, event: string, userIDList: string[]): void {
    const { conversations, myID } = this.#state;
    const conversation = conversations.ofNumber(number);
    if (!conversation) return;
    const isLeft = (event === "left" || event === "removed") && userIDList.includes(myID);
    if (isLeft || event === "dissolved") {
      conversations.remove(conversation.conversationID);
      this.#state.announceGroups();
    } else this.#lists.lookUp(conversation.conversationID);
  }

  #profile(user: User): void {
    const { conversations, events, me } = this.#state;
    const isMine = me?.userID === user.userID;
    if (isMine) this.#state.me = { ...me, ...user };
    conversations.profile(user);
    events.emit(EVENT.PROFILE_UPDATED, [isMine ? this.#state.me : user]);
  }
}

function differs(one: Message, other: Message): boolean {
  return CHANGEABLE.some((field) => JSON.stringify(one[field]) !== JSON.stringify(other[field]));
}
