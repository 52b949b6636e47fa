import { EVENT, TYPES } from "../constants.ts";
import type { State } from "../state/state.ts";
import type { WireMessage } from "../state/wire.ts";
import type { Message } from "../types.ts";

/** How long reads are collected before the server is asked for the counts (ms). */
const LOOK_UP_AFTER = 500;
/** The most messages of a call of the server. */
const MAX_MESSAGES = 30;

/**
 * Receipts of own messages that want them. The socket tells who has read up to where; by how many a message
 * was read the server counts.
 */
export class Receipts {
  readonly #state: State;
  readonly #stale = new Set<string>();

  constructor(state: State) {
    this.#state = state;
  }

  /** A member of a group has read up to a message: asks for the counts of those that it may concern. */
  readInGroup(conversationID: string): void {
    if (this.#waiting().some((message) => message.conversationID === conversationID))
      this.#lookUp(conversationID);
  }

  /** The other user of a direct conversation has read these messages. */
  readByPeer(read: Message[]): void {
    this.#tell(read.filter(({ needReadReceipt }) => needReadReceipt));
  }

  /** Reads may have been missed: asks for the counts of all messages that wait for some. */
  missed(): void {
    for (const { conversationID } of this.#waiting()) this.#lookUp(conversationID);
  }

  /** The newest own messages that not everybody has read, as far as is known. */
  #waiting(): Message[] {
    const waits = ({ needReadReceipt, flow, status, isRevoked, isPeerRead, readReceiptInfo }: Message) =>
      needReadReceipt &&
      flow === "out" &&
      status === "success" &&
      !isRevoked &&
      !isPeerRead &&
      readReceiptInfo.unreadCount !== 0;
    return [...this.#state.messages.all()].filter(waits);
  }

  #lookUp(conversationID: string): void {
    if (this.#stale.size === 0) setTimeout(() => void this.#lookUpStale(), LOOK_UP_AFTER);
    this.#stale.add(conversationID);
  }

  async #lookUpStale(): Promise<void> {
    const { http, messages } = this.#state;
    const waiting = this.#waiting();
    const stale = [...this.#stale];
    this.#stale.clear();
    for (const conversationID of stale) {
      const some = waiting
        .filter((message) => message.conversationID === conversationID)
        .slice(-MAX_MESSAGES);
      const before = new Map(some.map((message) => [message, JSON.stringify(message.readReceiptInfo)]));
      const messageList = some.map((message) => messages.serverID(message));
      if (messageList.length === 0) continue;
      // What fails is asked for with the next read.
      const found = await http
        .data<{ messageList: WireMessage[] }>("/message/getMessageReadReceiptList", { messageList })
        .catch(() => ({ messageList: [] }));
      const now = found.messageList.map((wire) => messages.take(wire).message);
      this.#tell(now.filter((message) => before.get(message) !== JSON.stringify(message.readReceiptInfo)));
    }
  }

  #tell(read: Message[]): void {
    const receipts = read.map(({ ID: messageID, to, conversationType, readReceiptInfo, isPeerRead }) => ({
      ...(conversationType === TYPES.CONV_C2C ? { userID: to, groupID: "" } : { userID: "", groupID: to }),
      ...{
        messageID,
        readCount: readReceiptInfo.readCount,
        unreadCount: readReceiptInfo.unreadCount,
        isPeerRead,
      },
    }));
    if (receipts.length > 0) this.#state.events.emit(EVENT.MESSAGE_READ_RECEIPT_RECEIVED, receipts);
  }
}
