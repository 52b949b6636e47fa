import { Hono } from "hono";
import { z } from "zod";
import type { Person } from "../../../domain/accounts/person.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { MessageReference } from "../../../domain/messages/message.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { integer, pageSize } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { parseBody } from "../body.ts";
import { seconds } from "../context.ts";
import { serializeMessages } from "../conversations/history.ts";
import { succeed } from "../envelope.ts";
import { refuse } from "../errors.ts";
import { groupID, sentID, wireMessageID } from "../ids.ts";
import {
  hideById,
  type MessagesOfOne,
  messageById,
  type ShownMessages,
} from "../use-cases/messages/by-id.ts";
import { modify, reactionsById, reactorsById, setReaction } from "../use-cases/messages/changes.ts";
import { readById, readersById, receiptsById } from "../use-cases/messages/receipts.ts";
import { changedBody } from "./content.ts";
import { ownCustomData } from "./quotes.ts";
import { keyOfReaction, serializeReactions, serializeReactor } from "./reactions.ts";

/** The most messages of one call, as the SDK has it. */
const MAX_MESSAGES = 30;

/** A message that was sent, given whole or by its `ID`. */
const sentMessage = z.union([sentID, z.object({ ID: sentID }).transform(({ ID }) => ID)], {
  error: "must be a message, or its ID",
});

/** One message: as `message`, or by its `ID`. */
const One = { ID: sentID.optional(), message: sentMessage.optional() };

function placeOf(
  { ID, message }: { ID?: MessageReference | undefined; message?: MessageReference | undefined },
  context: z.RefinementCtx,
): MessageReference {
  const place = message ?? ID;
  if (place) return place;
  context.addIssue({ code: "custom", path: ["message"], message: "must be there, or an ID" });
  return z.NEVER;
}

/** Messages of one conversation, each once. */
const messageList = z
  .array(sentMessage)
  .min(1, "must not be empty")
  .max(MAX_MESSAGES, `must be ${MAX_MESSAGES} at most`)
  .transform((places, context): MessagesOfOne => {
    const [first] = places;
    if (first && places.every(({ conversationId }) => conversationId === first.conversationId)) {
      return { conversationId: first.conversationId, seqs: [...new Set(places.map(({ seq }) => seq))] };
    }
    context.addIssue("must be of one conversation");
    return z.NEVER;
  });

/** `deleteMessage`, `getMessageReadReceiptList`, `sendMessageReadReceipt`, `getMessageReactions` */
const SeveralMessages = z.object({ messageList });

/** The users of a reaction that a message names. */
const NAMED = 3;

/** `getMessageReactions` */
const ReactionsOf = z.object({
  messageList,
  maxUserCountPerReaction: integer
    .pipe(z.int().nonnegative())
    .default(NAMED)
    .transform((count) => Math.min(count, NAMED)),
});

/** `downloadMergerMessage` */
const OneMessage = z.object(One).transform(placeOf);

/** `modifyMessage`: the message with what it is to say, as `message` or as the body itself. */
const ModifiedMessage = z.preprocess(
  (body) => z.object({ message: z.looseObject({}) }).safeParse(body).data?.message ?? body,
  z
    .object({
      ID: sentID,
      /** absent: as it is */
      payload: z.record(z.string(), z.unknown(), { error: "must be an object" }).optional(),
      cloudCustomData: z.string().optional(),
      /** absent: whatever the message says by now */
      version: integer.pipe(z.int().nonnegative()).optional(),
    })
    .refine(({ payload, cloudCustomData }) => payload !== undefined || cloudCustomData !== undefined, {
      path: ["payload"],
      error: "must be there, or cloudCustomData",
    }),
);

const reactionID = z.string().transform((text, context) => {
  const key = keyOfReaction(text);
  if (key !== null) return key;
  context.addIssue("must be one emoji, or letters, digits and _, which may be in brackets");
  return z.NEVER;
});

/** `addMessageReaction`, `removeMessageReaction` */
const OneReaction = z
  .object({ ...One, reactionID })
  .transform(({ reactionID: key, ...one }, context) => ({ place: placeOf(one, context), key }));

/** `getAllUserListOfMessageReaction` */
const ReactorPage = z
  .object({
    ...{ ...One, reactionID },
    nextSeq: integer.pipe(z.int().nonnegative()).default(0),
    count: pageSize(LIMITS.page).default(LIMITS.page),
  })
  .transform(({ reactionID: key, nextSeq: after, count: limit, ...one }, context) => ({
    ...{ place: placeOf(one, context), key },
    range: { after, limit },
  }));

/** `getGroupMessageReadMemberList`: who has read a message (0), or who has not (1). */
const ReaderPage = z
  .object({
    ...One,
    filter: integer.pipe(z.union([z.literal(0), z.literal(1)])).default(0),
    cursor: z.union([z.literal("").transform(() => 0), integer.pipe(z.int().nonnegative())]).default(0),
    count: pageSize(LIMITS.page).default(LIMITS.page),
  })
  .transform(({ filter, cursor: after, count: limit, ...one }, context) => ({
    place: placeOf(one, context),
    range: { isRead: filter === 0, after, limit },
  }));

/** `pinGroupMessage` */
export const GroupPin = z
  .object({ ...One, groupID, isPinned: z.boolean() })
  .transform(({ groupID: group, isPinned, ...one }, context) => ({
    ...{ group, isPinned },
    place: placeOf(one, context),
  }));

/** Calls about messages that were sent: what becomes of them, and what others make of them. */
export const messages = new Hono<CallerEnv>({ strict: false });

/** `deleteMessage`: hides messages from the caller alone, all or none. */
messages.post("/deleteMessage", authenticated, weighs("page"), async (c) => {
  const { messageList } = await parseBody(c, SeveralMessages);
  const hidden = await hideById(c.var.core, c.var.caller.userId, messageList);
  return succeed(c, {
    messageList: serializeShown(hidden).map((message) => ({ ...message, isDeleted: true })),
  });
});

/** `downloadMergerMessage`: the message with all that it merges, which every message has from the start. */
messages.post("/downloadMergerMessage", authenticated, async (c) => {
  const found = await messageById(c.var.core, c.var.caller.userId, await parseBody(c, OneMessage));
  return succeed(c, serializeShown(found)[0]);
});

/** `modifyMessage`: gives a message of the caller other content, or any message other custom data. */
messages.post("/modifyMessage", authenticated, async (c) => {
  const { ID, payload, cloudCustomData, version } = await parseBody(c, ModifiedMessage);
  const outcome = await modify(c.var.core, c.var.caller.userId, ID, {
    version,
    customDataOf: (message) => cloudCustomData && ownCustomData(message, cloudCustomData),
    bodyOf: ({ kind, body }) => payload && changedBody(kind, body, payload),
  });
  const [message] = serializeShown(outcome);
  return outcome.isConflict ? refuse(c, CONFLICT, { message }) : succeed(c, { message });
});

const CONFLICT = {
  ok: false,
  code: "conflict",
  detail: "The message was changed meanwhile: data.message is what it is now.",
} as const;

/** `addMessageReaction`: idempotent. */
messages.post("/addMessageReaction", authenticated, async (c) => {
  const { place, key } = await parseBody(c, OneReaction);
  await setReaction(c.var.core, c.var.caller.userId, place, { key, isSet: true });
  return succeed(c, {});
});

/** `removeMessageReaction`: idempotent. */
messages.post("/removeMessageReaction", authenticated, async (c) => {
  const { place, key } = await parseBody(c, OneReaction);
  await setReaction(c.var.core, c.var.caller.userId, place, { key, isSet: false });
  return succeed(c, {});
});

/** `getMessageReactions`: of several messages, with the first users of each. */
messages.post("/getMessageReactions", authenticated, weighs("page"), async (c) => {
  const { messageList, maxUserCountPerReaction: most } = await parseBody(c, ReactionsOf);
  const found = await reactionsById(c.var.core, c.var.caller.userId, messageList);
  return succeed(c, { resultList: serializeReactions(found, most) });
});

/** `getAllUserListOfMessageReaction`: a page of the users of one reaction. */
messages.post("/getAllUserListOfMessageReaction", authenticated, weighs("page"), async (c) => {
  const { place, key, range } = await parseBody(c, ReactorPage);
  const { users, next } = await reactorsById(c.var.core, c.var.caller.userId, place, key, range);
  return succeed(c, {
    ...{ userList: users.map(serializeReactor), nextSeq: next ?? 0, isCompleted: next === null },
  });
});

/** `getMessageReadReceiptList`: by how many members each message was read. */
messages.post("/getMessageReadReceiptList", authenticated, weighs("page"), async (c) => {
  const { messageList } = await parseBody(c, SeveralMessages);
  const found = await receiptsById(c.var.core, c.var.caller.userId, messageList);
  return succeed(c, { messageList: serializeReceipts(found) });
});

/** `getGroupMessageReadMemberList`: a page of who has read a message, or who has not. */
messages.post("/getGroupMessageReadMemberList", authenticated, weighs("page"), async (c) => {
  const { place, range } = await parseBody(c, ReaderPage);
  const page = await readersById(c.var.core, c.var.caller.userId, place, range);
  return succeed(c, serializeReaders(place, range.isRead, page));
});

/** `sendMessageReadReceipt`: moves the read position to the newest of the messages. */
messages.post("/sendMessageReadReceipt", authenticated, weighs("page"), async (c) => {
  const { messageList } = await parseBody(c, SeveralMessages);
  await readById(c.var.core, c.var.caller.userId, messageList);
  return succeed(c, {});
});

/** Messages as the caller sees them. */
export function serializeShown({ items, context, profiles }: ShownMessages) {
  return serializeMessages(items, { context, profiles }).map(({ message }) => message);
}

/** The same with how many have read each. */
function serializeReceipts({ counts, ...shown }: Awaited<ReturnType<typeof receiptsById>>) {
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
function serializeReaders(
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
