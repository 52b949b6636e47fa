import { Link } from "../connection/link.ts";
import { EVENT, TYPES } from "../constants.ts";
import { ChatError, CODES } from "../error.ts";
import { isObject } from "../json.ts";
import { asConversation } from "../state/conversations.ts";
import type { State } from "../state/state.ts";
import { unstored, type WireMessage } from "../state/wire.ts";
import type { Conversation, Group, Message } from "../types.ts";
import type { Incoming } from "./incoming.ts";

/** The pause between two questions for what is new in a room (ms). */
const PAUSE = 1_000;
/** The most messages that one question brings. */
const PAGE = 15;
/** The SDK's numbers of why a user is in a group no more. */
const ENDS: Record<string, number> = { removed: 4, dissolved: 5 };

/** A live room at which the app looks. */
interface Looked {
  link: Link;
  group: Group;
  /** the number of its conversation; 0: it is not known yet */
  number: number;
  /** the newest message that the room has told of, and that has come here */
  last: number;
  isAsking: boolean;
  /** the user has written, and is a member */
  isMember: boolean;
}

/**
 * The live rooms (`AVChatRoom`) at which the app looks: the server stores nothing of that. The socket of a
 * room says that there is something new, and a call brings it. Of more than 15 messages in a second the
 * newest come.
 */
export class Rooms {
  readonly #state: State;
  readonly #incoming: Pick<Incoming, "take">;
  readonly #rooms = new Map<string, Looked>();

  constructor(state: State, incoming: Pick<Incoming, "take">) {
    this.#state = state;
    this.#incoming = incoming;
  }

  /** Looks at a room from now on. */
  look(group: Group): void {
    const { groupID } = group;
    if (this.#rooms.has(groupID)) return;
    const link = new Link(() => this.#urlOf(groupID), {
      frame: (frame) => this.#take(room, frame),
      lost: () => void this.#page(room, { count: 1 }),
      kicked: (reason) => this.#end(room, reason),
    });
    const isMember = group.selfInfo !== undefined;
    const room: Looked = { link, group, number: 0, last: 0, isAsking: false, isMember };
    this.#rooms.set(groupID, room);
    if (!isMember) this.#state.unlisted.add(`GROUP${groupID}`);
    link.open();
  }

  #urlOf(groupID: string): string {
    const { server, token } = this.#state.http;
    const query = `token=${encodeURIComponent(token)}&groupID=${encodeURIComponent(groupID)}`;
    return `${server.replace(/^http/, "ws")}/tim/socket?${query}`;
  }

  /** Looks at a room no more. @returns whether that was all: the user was no member */
  leave(groupID: string): boolean {
    const room = this.#rooms.get(groupID);
    room?.link.close();
    this.#rooms.delete(groupID);
    this.#state.unlisted.delete(`GROUP${groupID}`);
    return room?.isMember === false;
  }

  /** The user may look no more. The app is told of it here: the server tells members. */
  #end(room: Looked, reason: string): void {
    const { groupID, name, type } = room.group;
    const operationType = ENDS[reason];
    if (this.#rooms.get(groupID) !== room || !this.leave(groupID) || !operationType) return;
    const payload = { operationType, operatorID: "", groupProfile: { groupID, name, type } };
    const [ID, CONV_SYSTEM] = [`${groupID}-${Date.now()}-${operationType}`, TYPES.CONV_SYSTEM];
    const notice = unstored({
      ...{ ID, type: TYPES.MSG_GRP_SYS_NOTICE, payload, to: groupID, from: CONV_SYSTEM },
      ...{ conversationID: CONV_SYSTEM, conversationType: CONV_SYSTEM },
    });
    this.#state.events.emit(EVENT.MESSAGE_RECEIVED, [this.#state.takeNotice(notice)]);
  }

  /** Before a user writes in a room: they are a member from then on. */
  async join(groupID: string): Promise<void> {
    const room = this.#rooms.get(groupID);
    if (!room || room.isMember) return;
    await this.#state.http.data("/group/joinGroup", { groupID });
    room.isMember = true;
    this.#state.unlisted.delete(`GROUP${groupID}`);
  }

  /** The conversation of a room, which is in no list. */
  find(conversationID: string): Conversation | undefined {
    const room = this.#rooms.get(conversationID.slice("GROUP".length));
    if (!room || !this.#state.unlisted.has(conversationID)) return undefined;
    const none = { lastTime: 0, lastSequence: 0, fromAccount: "", messageForShow: "", type: "", payload: {} };
    return asConversation({
      ...{ conversationID, type: TYPES.CONV_GROUP, subType: room.group.type, groupProfile: room.group },
      lastMessage: { ...none, isRevoked: false, isPeerRead: false, nick: "", nameCard: "" },
      ...{ unreadCount: 0, groupAtInfoList: [], remark: "", isPinned: false, peerReadTime: 0 },
      messageRemindType: TYPES.MSG_REMIND_ACPT_AND_NOTE,
    });
  }

  /** What has come of a room since the app looks; null: it does not. There is no history before. */
  messages(conversationID: string): Message[] | null {
    if (!this.find(conversationID)) return null;
    const shown = [...this.#state.messages.all()].filter((one) => one.conversationID === conversationID);
    return shown.sort((one, other) => one.sequence - other.sequence);
  }

  #take(room: Looked, frame: object): void {
    const { type, conversation_id: number, last_seq: last, message, items, seq } = fieldsOf(frame);
    if (type === "ready") {
      const isFirst = room.number === 0;
      room.number = Number(number);
      if (isFirst) this.#state.positions.begin(room.number, Number(last));
      this.#heard(room, Number(last));
    } else if (type === "message" || type === "messages") {
      const list: unknown[] = Array.isArray(items) ? items : [message];
      for (const one of list) this.#heard(room, Number(fieldsOf(one).seq));
    } else if (type === "revoked") void this.#changed(room, Number(seq));
    else if (type === "changed" && Array.isArray(items))
      for (const one of items) void this.#changed(room, Number(fieldsOf(one).seq));
  }

  #heard(room: Looked, sequence: number): void {
    room.last = Math.max(room.last, sequence);
    if (!room.isAsking) void this.#ask(room);
  }

  /** Asks for what is new, until there is nothing. */
  async #ask(room: Looked): Promise<void> {
    const { positions } = this.#state;
    const known = () => positions.get(room.number)?.sequence ?? 0;
    room.isAsking = true;
    while (room.last > known() && this.#rooms.get(room.group.groupID) === room) {
      const upTo = room.last;
      const found = await this.#page(room, { count: PAGE });
      this.#incoming.take({
        type: "messages",
        items: found?.map((message) => ({ conversation: room.number, revision: 0, message })) ?? [],
      });
      // Some may be there no more.
      if (found && known() < upTo) positions.begin(room.number, upTo);
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
    room.isAsking = false;
  }

  /** A message of which the app knows has changed. */
  async #changed(room: Looked, sequence: number): Promise<void> {
    const { messages } = this.#state;
    if (!messages.find(messages.localID(`${room.number}-${sequence}`))) return;
    const found = await this.#page(room, { sequence, count: 1 });
    if (!found) return;
    const items = found.map((message) => ({ conversation: room.number, revision: 0, message }));
    this.#incoming.take({ type: "changed", conversation: room.number, revision: 0, items });
  }

  /**
   * That there is no room ends the looking.
   * @returns null: there is no answer, or the user has gone meanwhile
   */
  async #page(room: Looked, query: object): Promise<WireMessage[] | null> {
    const { groupID } = room.group;
    const body = { conversationID: `GROUP${groupID}`, ...query };
    const path = "/message/getMessageListHopping";
    const answer = await this.#state.http
      .data<{ messageList: WireMessage[] }>(path, body)
      .catch((error: unknown) => {
        if (error instanceof ChatError && error.code === CODES.noConversation) this.#end(room, "dissolved");
        return null;
      });
    return answer && this.#rooms.get(groupID) === room ? answer.messageList : null;
  }

  clear(): void {
    for (const { link } of this.#rooms.values()) link.close();
    this.#rooms.clear();
    this.#state.unlisted.clear();
  }
}

function fieldsOf(value: unknown): Record<string, unknown> {
  return isObject(value) ? value : {};
}
