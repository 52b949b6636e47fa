import { createRoute, z } from "@hono/zod-openapi";
import { listSaved, saveMessage } from "../../../../core/saved/saved-messages.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { authenticated } from "../../auth.ts";
import { v1Body } from "../../body.ts";
import { v1Router } from "../../router.ts";
import { ConversationIdParam, problems, SeqParam } from "../../schemas/common.ts";
import { SavedChange, SavedMessage, SavedPage, SavedQuery } from "../../schemas/saved.ts";
import { serializeSaved } from "../../serialize/saved.ts";

const params = z.object({ id: ConversationIdParam, seq: SeqParam });

const saveRoute = createRoute({
  method: "put",
  path: "/v1/conversations/{id}/messages/{seq}/saved",
  operationId: "saveMessage",
  tags: ["Messages"],
  summary: "Save a message for yourself",
  description:
    "Nobody else learns of it. `note` and `remind_at` keep their value if they are absent, also in a repeat, which keeps the entry's place in the list. At `remind_at` your devices get the frame `reminder`, and the entry is `due` until a call sets another `remind_at`, or null. You can save 1,000 messages; one more is a `conflict`.",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: { params, body: { required: true, content: { "application/json": { schema: SavedChange } } } },
  responses: {
    200: { description: "The entry", content: { "application/json": { schema: SavedMessage } } },
    ...problems("validation_failed", "unauthenticated", "not_found", "conflict", "too_large"),
  },
});

const unsaveRoute = createRoute({
  method: "delete",
  path: "/v1/conversations/{id}/messages/{seq}/saved",
  operationId: "unsaveMessage",
  tags: ["Messages"],
  summary: "Remove a message from your saved ones",
  description: "Its reminder ends with it. A message that is not saved is no error.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params },
  responses: {
    204: { description: "The message is not saved" },
    ...problems("validation_failed", "unauthenticated"),
  },
});

const listRoute = createRoute({
  method: "get",
  path: "/v1/saved",
  operationId: "listSaved",
  tags: ["Messages"],
  summary: "Your saved messages",
  description:
    "Newest saved first, each message as you see it now. Entries of conversations that you are not in are left out until you are back, so a page may hold fewer items than `limit`. `due=true` lists only those with a reminder that is due.",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("search")] as const,
  request: { query: SavedQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: SavedPage } } },
    ...problems("validation_failed", "unauthenticated"),
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
    return c.json({ items: page.items.map(serializeSaved), next_cursor: page.nextCursor }, 200);
  });
