import { z } from "@hono/zod-openapi";
import { listMentions, type MentionList } from "../../../core/mentions/mentions.ts";
import { listSaved, type SavedMessage as Saved, saveMessage } from "../../../core/saved/saved-messages.ts";
import { ConversationId, Seq } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { textUpTo } from "../../../domain/text.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { flag, ListQuery, MessageParams, orNull, serializePage, Time } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { Message, serializeMessage } from "./message.ts";

/** What a user says of a message that they save. Absent = unchanged. */
const SavedChange = z
  .object({
    note: textUpTo(LIMITS.savedNote).optional().openapi({ description: 'For yourself. `""` empties it' }),
    remind_at: Time.nullable().optional().openapi({
      description:
        "In the future, at most 366 days ahead. null takes a reminder back, and says that you have seen it",
    }),
  })
  .openapi("SavedChange");

const SavedMessage = z
  .object({
    conversation_id: ConversationId,
    seq: Seq,
    note: z.string(),
    remind_at: Time.nullable(),
    due: z.boolean().openapi({ description: "The time of the reminder has come, and you have not seen it" }),
    saved_at: Time,
    message: orNull(Message).openapi({
      description: "As you see it now, a revoked one without its content; null if it is `unreachable`",
    }),
    unreachable: z.boolean().openapi({ description: "Its conversation did not answer. Ask again later" }),
  })
  .openapi("SavedMessage");

const SavedPage = z
  .object({ items: z.array(SavedMessage), next_cursor: z.string().nullable() })
  .openapi("SavedPage");

const SavedQuery = ListQuery.extend({
  due: flag("Only those with a reminder that is due"),
});

const Mention = z
  .object({
    conversation_id: ConversationId,
    unread: z.boolean(),
    message: z.lazy(() => Message),
  })
  .openapi("Mention");

const MentionPage = z
  .object({
    items: z.array(Mention),
    next_cursor: z.string().nullable(),
    unreachable: z.array(ConversationId).openapi({
      description: "Conversations that did not answer: what names you there is missing. Ask again later",
    }),
  })
  .openapi("MentionPage");

const lightRoute = callerRoutes("Messages");
const searchRoute = callerRoutes("Messages", weighs("search"));

const saveRoute = lightRoute("put", "/v1/conversations/{id}/messages/{seq}/saved", {
  operationId: "saveMessage",
  summary: "Save a message for yourself",
  description:
    "Nobody else learns of it. `note` and `remind_at` keep their value if they are absent, also in a repeat, which keeps the entry's place in the list. At `remind_at` your devices get the frame `reminder`, and the entry is `due` until a call sets another `remind_at`, or null. You can save 1,000 messages; one more is a `conflict`.",
  request: { params: MessageParams, body: jsonBody(SavedChange) },
  responses: {
    200: jsonAnswer("The entry", SavedMessage),
    ...problems("not_found", "conflict", "full"),
  },
});

const unsaveRoute = lightRoute("delete", "/v1/conversations/{id}/messages/{seq}/saved", {
  operationId: "unsaveMessage",
  summary: "Remove a message from your saved ones",
  description: "Its reminder ends with it. A message that is not saved is no error.",
  request: { params: MessageParams },
  responses: {
    204: { description: "The message is not saved" },
    ...problems("validation_failed"),
  },
});

const listRoute = searchRoute("get", "/v1/saved", {
  operationId: "listSaved",
  summary: "Your saved messages",
  description:
    "Newest saved first, each message as you see it now. Entries of conversations that you are not in are left out until you are back, so a page may hold fewer items than `limit`. `due=true` lists only those with a reminder that is due.",
  request: { query: SavedQuery },
  responses: {
    200: jsonAnswer("A page", SavedPage),
    ...problems("validation_failed"),
  },
});

export const saved = v1Router()
  .openapi(saveRoute, async (c) => {
    const { id: conversationId, seq } = c.req.valid("param");
    const { note, remind_at: remindAt } = c.req.valid("json");
    const change = { ...(note !== undefined && { note }), ...(remindAt !== undefined && { remindAt }) };
    const entry = await saveMessage(c.var.core, c.var.caller.userId, { conversationId, seq }, change);
    return c.json(serializeSaved(entry), 200);
  })
  .openapi(unsaveRoute, async (c) => {
    const { id: conversationId, seq } = c.req.valid("param");
    const messages = [{ conversationId, seq }];
    await c.var.core.inboxes.unsaveMessages(c.var.caller.userId, { messages });
    return c.body(null, 204);
  })
  .openapi(listRoute, async (c) => {
    const { due: onlyDue, ...query } = c.req.valid("query");
    const page = await listSaved(c.var.core, c.var.caller.userId, { ...query, onlyDue });
    return c.json(serializePage(page, serializeSaved), 200);
  });

const mentionsRoute = searchRoute("get", "/v1/mentions", {
  operationId: "listMentions",
  summary: "Messages that name you",
  description:
    "Messages of others in the conversations of your list that mention you, or everybody: unread ones first, then newest first. A page may hold fewer items than `limit`, even none: continue with `cursor=next_cursor` until that is null. The pages hold each such message once, whatever is sent and read meanwhile. `unread` says how a message is now; the order is by what was unread as you asked for the first page, in the 100 conversations with the newest activity.",
  request: { query: ListQuery },
  responses: {
    200: jsonAnswer("A page", MentionPage),
    ...problems("validation_failed"),
  },
});

export const mentions = v1Router().openapi(mentionsRoute, async (c) => {
  const page = await listMentions(c.var.core, c.var.caller.userId, c.req.valid("query"));
  return c.json(serializeMentions(page), 200);
});

/** A saved message as v1 shows it. */
function serializeSaved(saved: Saved): z.infer<typeof SavedMessage> {
  const { conversationId, seq, note, remindAt, isDue, savedAt, message } = saved;
  return {
    ...{ conversation_id: conversationId, seq, note, remind_at: remindAt, due: isDue, saved_at: savedAt },
    message: message && serializeMessage(message),
    unreachable: message === null,
  };
}

/** A page of mentions as v1 shows it. */
function serializeMentions({ items, nextCursor, unreachable }: MentionList): z.infer<typeof MentionPage> {
  return {
    items: items.map(({ message, isUnread }) => ({
      conversation_id: message.conversationId,
      unread: isUnread,
      message: serializeMessage(message),
    })),
    next_cursor: nextCursor,
    unreachable,
  };
}
