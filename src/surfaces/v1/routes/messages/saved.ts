import { listSaved, saveMessage } from "../../../../core/saved/saved-messages.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { MessageParams, serializePage } from "../../common.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { SavedChange, SavedMessage, SavedPage, SavedQuery } from "../../schemas/saved.ts";
import { serializeSaved } from "../../serialize/saved.ts";

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
