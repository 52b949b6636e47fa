import type { Backdrop } from "../../../core/backdrop.ts";
import type { Cast } from "../../../core/cast.ts";
import type { Message } from "../../../core/message.ts";
import type { NamedPage } from "../../../core/named-conversations.ts";
import type { Notice } from "../../../core/notice.ts";
import { wireMessageID, wireNoticeID } from "../ids.ts";
import { stageOf } from "./conversations.ts";
import { serializeMessage } from "./messages.ts";
import { serializeNotice } from "./notices.ts";

/** Messages as one member sees them. */
export function serializeStaged(items: Message[], { backdrop, cast }: { backdrop: Backdrop; cast: Cast }) {
  const setting = { stage: stageOf(backdrop), caller: backdrop.self, cast };
  return items.map((message) => ({ message: serializeMessage(message, setting) }));
}

/** A page of messages, and beside it where the next one goes on. */
export function serializePage({ items, hasMore, shown }: NamedPage) {
  const [oldest] = items;
  const isCompleted = !hasMore || !oldest;
  const nextReqMessageID = isCompleted ? "" : wireMessageID(oldest.conversationId, oldest.seq);
  return { data: shown ? serializeStaged(items, shown) : [], beside: { nextReqMessageID, isCompleted } };
}

/** The same of notices. @param page the newest first */
export function serializeNotices({ items, hasMore }: { items: Notice[]; hasMore: boolean }) {
  const oldest = items.at(-1);
  const isCompleted = !hasMore || !oldest;
  const data = items.toReversed().map((notice) => ({ message: serializeNotice(notice) }));
  return { data, beside: { nextReqMessageID: isCompleted ? "" : wireNoticeID(oldest.id), isCompleted } };
}
