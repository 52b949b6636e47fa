import type { ConversationEntry, Message } from "parley-client";
import { indexOf } from "./row-window.ts";

/** Where the unread messages began when the user came: it stays there while they read. */
export class UnreadMark {
  /** the first place that was unread; 0: everything was read */
  from = 0;
  /** how many messages were unread */
  count = 0;
  /** the `seq` of the message that stands below the mark; 0: none of those that are loaded */
  shown = 0;
  /** the `from` by which the rows on screen were rendered */
  rendered = 0;
  /** whether the user has been there */
  isSeen = true;

  /** Marks what is unread in a conversation now. */
  set({ unread_count: count, unread_from: from, read_seq: read }: ConversationEntry): void {
    this.count = count;
    this.isSeen = count === 0;
    this.from = count > 0 ? (from ?? read + 1) : 0;
  }

  /** The user has answered: nothing is new to them any more. */
  end(): void {
    this.count = this.from = 0;
    this.isSeen = true;
  }

  /** Finds the message that stands below the mark. @returns `shown` */
  find(messages: readonly Message[], hasOlder: boolean, me: number): number {
    const { from } = this;
    this.rendered = from;
    this.shown = 0;
    if (from === 0 || (hasOlder && (messages[0]?.seq ?? Infinity) > from)) return 0;
    for (let i = indexOf(messages, from); i < messages.length; i++) {
      const message = messages[i];
      if (message && message.sender.id !== me && message.kind !== "tip" && !message.silent) {
        this.shown = message.seq;
        break;
      }
    }
    return this.shown;
  }
}
