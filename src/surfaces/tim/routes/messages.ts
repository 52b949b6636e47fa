import { Hono } from "hono";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { authenticated } from "../auth.ts";
import { parseBody } from "../body.ts";
import { changedBody } from "../content.ts";
import { succeed } from "../envelope.ts";
import { refuse } from "../errors.ts";
import {
  ModifiedMessage,
  OneMessage,
  OneReaction,
  ReactionsOf,
  ReactorPage,
  ReaderPage,
  SeveralMessages,
} from "../schemas/messages.ts";
import { serializeReactions, serializeReactor } from "../serialize/marks/reactions.ts";
import { serializeReaders, serializeReceipts, serializeShown } from "../serialize/marks/receipts.ts";
import { ownCustomData } from "../serialize/quotes.ts";
import { hideById, messageById } from "../use-cases/messages/by-id.ts";
import { modify, reactionsById, reactorsById, setReaction } from "../use-cases/messages/changes.ts";
import { readById, readersById, receiptsById } from "../use-cases/messages/receipts.ts";

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
