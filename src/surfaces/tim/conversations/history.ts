import { Hono } from "hono";
import { z } from "zod";
import type { ProfileLookup } from "../../../core/accounts/profile-lookup.ts";
import { revokeWithin } from "../../../core/messages/messages.ts";
import type { Message } from "../../../domain/messages/message.ts";
import type { ConversationContext } from "../../../domain/sync/message-context.ts";
import type { Notification } from "../../../domain/sync/notification.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields, checked, integer, pageSize } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { BODY } from "../body.ts";
import { seconds } from "../context.ts";
import { succeed } from "../envelope.ts";
import {
  conversationID,
  notificationID,
  sentID,
  sentPlace,
  wireMessageID,
  wireNotificationID,
} from "../ids.ts";
import { serializeMessage } from "../messages/message.ts";
import { markReadByName, type PageByName, pageByName } from "../use-cases/conversations.ts";
import { listNotifications } from "../use-cases/notifications.ts";
import { toWireConversation } from "./conversation.ts";
import { serializeNotification } from "./notifications.ts";

/** The most messages of one page, and the default. */
const PAGE = 15;

/** `/message/revokeMessage`: a message, or its `ID`. */
const Revocation = z
  .object({ ID: sentID.optional(), message: z.object({ ID: sentID }).optional() })
  .transform(({ ID, message }, context) => {
    const place = ID ?? message?.ID;
    if (place) return place;
    context.addIssue({ code: "custom", path: ["ID"], message: "must be there, or a message which has one" });
    return z.NEVER;
  });

const count = pageSize(PAGE).default(PAGE);

/** `/message/getMessageList`: of a conversation, or of the conversation with the notifications. */
const PageOfMessages = z
  .object({ conversationID, count, nextReqMessageID: z.string().default("") })
  .transform(({ conversationID: name, count: limit, nextReqMessageID: text }, context) => {
    const isSystem = name.type === "system";
    const next = (isSystem ? notificationID : sentPlace).safeParse(text);
    if (text !== "" && !next.success) {
      const message = 'must be what the page before has given, or ""';
      context.addIssue({ code: "custom", path: ["nextReqMessageID"], message });
      return z.NEVER;
    }
    const before = next.success ? next.data : undefined;
    if (typeof before === "number") return { name: null, before, limit };
    return isSystem ? { name: null, before: undefined, limit } : { name, before, limit };
  });

/** The directions of a page from a point on: 0, to older messages, or 1, to newer ones. */
const direction = integer.pipe(z.union([z.literal(0), z.literal(1)])).default(0);
const point = integer.pipe(z.int().nonnegative());

/**
 * `/message/getMessageListHopping`: messages from a point on, the point included; it is a `sequence` or a
 * `time` in seconds. Without a point the newest messages, or the oldest.
 */
const HoppingPage = z
  .object({
    ...{ conversationID, count, direction },
    ...{ sequence: point.optional(), time: point.optional() },
  })
  .transform(({ conversationID: name, count: limit, direction, sequence, time }) => {
    const isNewer = direction === 1;
    return { name, limit, isNewer, bounds: isNewer ? from(sequence, time) : upTo(sequence, time) };
  });

function from(sequence: number | undefined, time: number | undefined) {
  if (sequence !== undefined) return { after: Math.max(0, sequence - 1) };
  return time === undefined ? { after: 0 } : { at: time * 1_000 };
}

function upTo(sequence: number | undefined, time: number | undefined) {
  if (sequence !== undefined) return { before: sequence + 1 };
  return time === undefined ? {} : { until: time * 1_000 + 999 };
}

/** `/message/setMessageRead` */
const Reading = z.object({ conversationID });

export const history = new Hono<CallerEnv>({ strict: false });

/** 撤回消息: revokes a message. */
history.post("/message/revokeMessage", authenticated, async (c) => {
  const { conversationId, seq } = checked(Revocation, await bodyFields(c.req.raw, BODY));
  const { core, caller } = c.var;
  const revoked = await revokeWithin(core, caller.userId, conversationId, seq);
  return succeed(c, serializeMessages(revoked.items, revoked)[0]);
});

/** 获取消息列表: a page of messages before a message; without one, the newest page. */
history.post("/message/getMessageList", authenticated, weighs("page"), async (c) => {
  const query = checked(PageOfMessages, await bodyFields(c.req.raw, BODY));
  const { core, caller } = c.var;
  const { data, beside } = query.name
    ? serializePage(await pageByName(core, caller.userId, query.name, query))
    : serializeNotifications(await listNotifications(core, caller.userId, query));
  return succeed(c, data, beside);
});

/** `getMessageListHopping`: a page of messages from a point on, in either direction. Viewers read it, too. */
history.post("/message/getMessageListHopping", authenticated, weighs("page"), async (c) => {
  const { isNewer, ...page } = checked(HoppingPage, await bodyFields(c.req.raw, BODY));
  const found = await pageByName(c.var.core, c.var.caller.userId, page.name, { ...page, looks: true });
  return succeed(c, serializeHopping(found, isNewer));
});

/** 设置消息已读: moves the read position to the last message. */
history.post("/message/setMessageRead", authenticated, async (c) => {
  const { conversationID: name } = checked(Reading, await bodyFields(c.req.raw, BODY));
  await markReadByName(c.var.core, c.var.caller.userId, name);
  return succeed(c, {});
});

/** Messages as one member sees them: `profiles` and `context` are of that member. */
export function serializeMessages(
  items: Message[],
  { context: conversationContext, profiles }: { context: ConversationContext; profiles: ProfileLookup },
) {
  const context = {
    wireConversation: toWireConversation(conversationContext),
    caller: conversationContext.self,
    profiles,
  };
  return items.map((message) => ({ message: serializeMessage(message, context) }));
}

/** A page of messages, with the cursor of the next page beside it. */
function serializePage({ items, hasMore, shown }: PageByName) {
  const [oldest] = items;
  const isCompleted = !hasMore || !oldest;
  const nextReqMessageID = isCompleted ? "" : wireMessageID(oldest.conversationId, oldest.seq);
  return { data: shown ? serializeMessages(items, shown) : [], beside: { nextReqMessageID, isCompleted } };
}

/**
 * A page from a point on. It goes on at `nextMessageSeq`; at `nextMessageTime` a message may come twice.
 * @param isNewer its direction
 */
function serializeHopping({ items, hasMore, shown }: PageByName, isNewer: boolean) {
  const end = isNewer ? items.at(-1) : items[0];
  const isCompleted = !hasMore || !end;
  return {
    messageList: shown ? serializeMessages(items, shown).map(({ message }) => message) : [],
    isCompleted,
    nextMessageSeq: isCompleted ? 0 : end.seq + (isNewer ? 1 : -1),
    nextMessageTime: isCompleted ? 0 : seconds(end.createdAt),
  };
}

/**
 * The same for notifications.
 * @param page newest first
 */
function serializeNotifications({ items, hasMore }: { items: Notification[]; hasMore: boolean }) {
  const oldest = items.at(-1);
  const isCompleted = !hasMore || !oldest;
  const data = items.toReversed().map((notification) => ({ message: serializeNotification(notification) }));
  return {
    data,
    beside: { nextReqMessageID: isCompleted ? "" : wireNotificationID(oldest.id), isCompleted },
  };
}
