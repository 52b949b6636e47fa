import { TYPES } from "../constants.ts";
import type { Conversation, LastMessage, Message, User } from "../types.ts";
import { Counts } from "./counts.ts";
import { bareProfile } from "./profiles.ts";
import type { WireConversation } from "./wire.ts";

/** What a list shows of messages that are no texts, in the SDK's words. */
const SUMMARIES: Record<string, string> = {
  [TYPES.MSG_IMAGE]: "[图片]",
  [TYPES.MSG_SOUND]: "[语音]",
  [TYPES.MSG_VIDEO]: "[视频]",
  [TYPES.MSG_FILE]: "[文件]",
  [TYPES.MSG_LOCATION]: "[地理位置]",
  [TYPES.MSG_FACE]: "[表情]",
  [TYPES.MSG_CUSTOM]: "[自定义消息]",
  [TYPES.MSG_MERGER]: "[聊天记录]",
  [TYPES.MSG_GRP_TIP]: "[群提示消息]",
  [TYPES.MSG_GRP_SYS_NOTICE]: "[群系统通知]",
};

/** Groups in which nothing counts as unread. */
const UNCOUNTED: readonly string[] = [TYPES.GRP_CHATROOM, TYPES.GRP_AVCHATROOM];

/** The user's conversations as the app sees them: one object each, whose fields change in place. */
export class Conversations {
  readonly #byID = new Map<string, Conversation>();
  /** the conversations by their numbers on the socket */
  readonly #byNumber = new Map<number, string>();
  readonly #counts = new Counts();
  /** how often something but a message has changed a conversation, by ID */
  readonly #changes = new Map<string, number>();
  readonly #drafts = new Map<string, string>();
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  find(ID: string): Conversation | undefined {
    return this.#byID.get(ID);
  }

  ofNumber(number: number): Conversation | undefined {
    return this.#byID.get(this.#byNumber.get(number) ?? "");
  }

  /** The number of a conversation on the socket. */
  numberOf(ID: string): number | undefined {
    for (const [number, known] of this.#byNumber) if (known === ID) return number;
    return undefined;
  }

  number(number: number, ID: string): void {
    this.#byNumber.set(number, ID);
  }

  /** Pinned ones first, then the newest. */
  list(): Conversation[] {
    return [...this.#byID.values()].sort(
      (a, b) => Number(b.isPinned) - Number(a.isPinned) || b.lastMessage.lastTime - a.lastMessage.lastTime,
    );
  }

  /** The unread messages of all conversations that notify of them. */
  total(): number {
    const counting = this.list().filter(
      ({ type, messageRemindType }) =>
        type !== TYPES.CONV_SYSTEM && messageRemindType === TYPES.MSG_REMIND_ACPT_AND_NOTE,
    );
    return counting.reduce((sum, { unreadCount }) => sum + unreadCount, 0);
  }

  /** Takes the whole list: what it lacks is gone. */
  replace(items: WireConversation[]): void {
    const IDs = new Set(items.map(({ conversationID }) => conversationID));
    for (const ID of this.#byID.keys()) if (!IDs.has(ID)) this.#byID.delete(ID);
    for (const item of items) this.take(item);
    this.#onChange();
  }

  /** Takes a conversation as it is now. @param sequence that of its last message; absent: it is in `item` */
  take(wire: WireConversation, sequence = wire.message?.sequence ?? 0): Conversation {
    const { conversationID: ID } = wire;
    const item = shown(wire);
    const known = this.#byID.get(ID);
    const isOlder = known !== undefined && sequence < this.#counts.last(ID);
    const conversation = known ?? asConversation(wire, this.#drafts.get(ID));
    if (known && isOlder) {
      const { lastMessage: _, unreadCount: __, groupAtInfoList: ___, ...rest } = item;
      Object.assign(known, rest);
    } else if (known) Object.assign(known, item);
    if (!isOlder) this.#counts.begin(ID, sequence);
    this.#noteChange(ID);
    this.#byID.set(ID, conversation);
    this.#onChange();
    return conversation;
  }

  /**
   * A message has come: it is the last one, and perhaps unread.
   * @param isSilent it counts for nobody
   * @returns false: the conversation is not known, and was made up from the message
   */
  received(message: Message, me: string, isSilent: boolean): boolean {
    const { conversationID: ID, sequence, flow, type } = message;
    const known = this.#byID.get(ID);
    const conversation = known ?? this.#madeUp(message);
    if (!this.#counts.isNew(ID, sequence)) return known !== undefined;
    const isCounted =
      flow === "in" &&
      type !== TYPES.MSG_GRP_TIP &&
      !isSilent &&
      !UNCOUNTED.includes(conversation.subType) &&
      conversation.messageRemindType !== TYPES.MSG_REMIND_DISCARD;
    this.#counts.receive(ID, sequence, isCounted);
    conversation.lastMessage = lastOf(message);
    // Who sends has read what is before.
    if (flow === "out") this.read(ID, sequence, { count: 0, asOf: sequence });
    if (isCounted) {
      conversation.unreadCount++;
      const atTypeArray = atTypes(message, me);
      if (atTypeArray.length > 0) {
        const { from, to: groupID } = message;
        conversation.groupAtInfoList = [
          ...conversation.groupAtInfoList,
          { from, groupID, messageSequence: sequence, atTypeArray },
        ];
      }
    }
    this.#onChange();
    return known !== undefined;
  }

  /** The last message of a conversation has changed. */
  changed(message: Message): void {
    const conversation = this.#byID.get(message.conversationID);
    if (conversation?.lastMessage.lastSequence !== message.sequence) return;
    conversation.lastMessage = lastOf(message);
    this.#onChange();
  }

  /**
   * The user has read up to a message.
   * @param unread the messages that are unread then, as of a message
   */
  read(ID: string, sequence: number, { count, asOf }: { count: number; asOf: number }): void {
    const conversation = this.#byID.get(ID);
    const unreadCount = this.#counts.asOf(ID, asOf, count);
    if (!conversation || unreadCount === null) return;
    conversation.unreadCount = unreadCount;
    const isUnread = ({ messageSequence }: { messageSequence: number }) => messageSequence > sequence;
    conversation.groupAtInfoList = conversation.groupAtInfoList.filter(isUnread);
    this.#noteChange(ID);
    this.#onChange();
  }

  /** The count of a conversation without positions. */
  setUnread(ID: string, unreadCount: number): void {
    const conversation = this.#byID.get(ID);
    if (!conversation) return;
    conversation.unreadCount = unreadCount;
    this.#onChange();
  }

  /** The sequence of the last message that has come. */
  lastSequence(ID: string): number {
    return this.#counts.last(ID);
  }

  /** Rises with each change but that by a message: an answer that was asked for before may be older. */
  changes(ID: string): number {
    return this.#changes.get(ID) ?? 0;
  }

  #noteChange(ID: string): void {
    this.#changes.set(ID, this.changes(ID) + 1);
  }

  /** The other user of a direct conversation has read up to a message. @param time in seconds */
  readByPeer(ID: string, me: string, sequence: number, time: number): void {
    const conversation = this.#byID.get(ID);
    if (!conversation) return;
    conversation.peerReadTime = Math.max(conversation.peerReadTime, time);
    const { lastMessage } = conversation;
    if (lastMessage.fromAccount !== me || lastMessage.lastSequence > sequence || lastMessage.isPeerRead)
      return;
    lastMessage.isPeerRead = true;
    this.#onChange();
  }

  /** A user looks different. */
  profile(user: User): void {
    const conversation = this.#byID.get(`${TYPES.CONV_C2C}${user.userID}`);
    if (!conversation) return;
    conversation.userProfile = bareProfile(user);
    this.#onChange();
  }

  remove(ID: string): void {
    this.#noteChange(ID);
    if (this.#byID.delete(ID)) this.#onChange();
  }

  setDraft(ID: string, text: string): Conversation | undefined {
    this.#drafts.set(ID, text);
    const conversation = this.#byID.get(ID);
    if (conversation) conversation.draftText = text;
    this.#onChange();
    return conversation;
  }

  clear(): void {
    for (const map of [this.#byID, this.#byNumber, this.#counts, this.#changes, this.#drafts]) map.clear();
  }

  #madeUp({ conversationID, conversationType: type, to, from, flow, nick, avatar }: Message): Conversation {
    const isDirect = type === TYPES.CONV_C2C;
    const peer = flow === "in" ? { userID: from, nick, avatar } : { userID: to, nick: "", avatar: "" };
    return this.take({
      ...{ conversationID, type, subType: "", unreadCount: 0, lastMessage: NO_MESSAGE },
      ...(isDirect && { userProfile: peer }),
      ...{ groupAtInfoList: [], remark: "", isPinned: false, peerReadTime: 0 },
      messageRemindType: TYPES.MSG_REMIND_ACPT_AND_NOTE,
    });
  }
}

/** What the server says of a conversation, as the SDK has it. */
function shown({ message: _, userProfile: user, ...item }: WireConversation) {
  return { ...item, ...(user && { userProfile: bareProfile(user) }) };
}

/** A conversation as an app first sees it. */
export function asConversation(wire: WireConversation, draftText = ""): Conversation {
  const own = { draftText, customData: "", markList: [], conversationGroupList: [], operationType: 0 };
  return { ...own, ...shown(wire) };
}

const NO_MESSAGE: LastMessage = {
  ...{ lastTime: 0, lastSequence: 0, fromAccount: "", messageForShow: "", type: "", payload: {} },
  ...{ isRevoked: false, isPeerRead: false, nick: "", nameCard: "" },
};

function lastOf(message: Message): LastMessage {
  const { time, sequence, from, type, payload, isRevoked, isPeerRead, nick, nameCard } = message;
  const text = type === TYPES.MSG_TEXT ? (payload.text ?? "") : (SUMMARIES[type] ?? "");
  return {
    ...{ lastTime: time, lastSequence: sequence, fromAccount: from },
    ...{ messageForShow: isRevoked ? "" : text, type, payload, isRevoked, isPeerRead, nick, nameCard },
  };
}

function atTypes({ atUserList }: Message, me: string): number[] {
  const [isAll, isMe] = [atUserList.includes(TYPES.MSG_AT_ALL), atUserList.includes(me)];
  if (isAll) return [isMe ? TYPES.CONV_AT_ALL_AT_ME : TYPES.CONV_AT_ALL];
  return isMe ? [TYPES.CONV_AT_ME] : [];
}
