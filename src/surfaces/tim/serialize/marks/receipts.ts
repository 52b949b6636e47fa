import type { Person } from "../../../../domain/accounts/person.ts";
import type { MessageReference } from "../../../../domain/messages/message.ts";
import { wireMessageID } from "../../ids.ts";
import type { ShownMessages } from "../../use-cases/messages/by-id.ts";
import type { receiptsById } from "../../use-cases/messages/receipts.ts";
import { seconds } from "../context.ts";
import { serializeMessages } from "../history.ts";

/** Messages as the caller sees them. */
export function serializeShown({ items, context, profiles }: ShownMessages) {
  return serializeMessages(items, { context, profiles }).map(({ message }) => message);
}

/** The same with how many have read each. */
export function serializeReceipts({ counts, ...shown }: Awaited<ReturnType<typeof receiptsById>>) {
  const messages = serializeShown(shown);
  const timestamp = seconds(shown.context.peerRead?.readAt ?? 0);
  return messages.map((message, i) => {
    const item = shown.items[i];
    const { read: readCount = 0, unread: unreadCount = 0 } = (item && counts.get(item)) ?? {};
    const { isPeerRead } = message;
    return { ...message, readReceiptInfo: { readCount, unreadCount, isPeerRead, timestamp } };
  });
}

/** A page of the members who have read a message, or who have not. */
export function serializeReaders(
  { conversationId, seq }: MessageReference,
  isRead: boolean,
  { users, next }: { users: Person[]; next: number | null },
) {
  const infos = users.map(({ username, nickname, avatar }) => {
    return { userID: username, nick: nickname, avatar };
  });
  const names = infos.map(({ userID }) => userID);
  return {
    ...{ cursor: next === null ? "" : String(next), isCompleted: next === null },
    messageID: wireMessageID(conversationId, seq),
    ...{ readUserIDList: isRead ? names : [], unreadUserIDList: isRead ? [] : names },
    ...{ readUserInfoList: isRead ? infos : [], unreadUserInfoList: isRead ? [] : infos },
  };
}
