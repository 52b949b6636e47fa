import { createRoute, z } from "@hono/zod-openapi";
import { authenticated } from "../../auth.ts";
import { v1Body } from "../../body.ts";
import { v1Router } from "../../router.ts";
import { ConversationIdParam, problems } from "../../schemas/common.ts";
import { ComposerDraft, NewComposerDraft } from "../../schemas/composer-drafts.ts";
import { readComposerDraft, serializeComposerDraft } from "../../serialize/composer-drafts.ts";

const params = z.object({ id: ConversationIdParam });

const putRoute = createRoute({
  method: "put",
  path: "/v1/conversations/{id}/draft",
  operationId: "putDraft",
  tags: ["Conversations"],
  summary: "Share what you are writing with your other devices",
  description:
    "One draft a conversation; the last writer wins. Your list has it as `draft`, and your other sessions' device sockets are sent a `draft` frame. Nobody else is shown it. The send with its `client_msg_id` clears it, so choose the id when you begin to write. A draft whose message is stored already, or one more than 1,000, is a `conflict`.",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: {
    params,
    body: { required: true, content: { "application/json": { schema: NewComposerDraft } } },
  },
  responses: {
    200: { description: "The draft", content: { "application/json": { schema: ComposerDraft } } },
    ...problems("validation_failed", "unauthenticated", "not_found", "conflict", "too_large"),
  },
});

const deleteRoute = createRoute({
  method: "delete",
  path: "/v1/conversations/{id}/draft",
  operationId: "deleteDraft",
  tags: ["Conversations"],
  summary: "Delete what you are writing",
  description: "Repeating this is no error.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "unauthenticated", "not_found"),
  },
});

export const composerDrafts = v1Router()
  .openapi(putRoute, async (c) => {
    const { userId, sessionId } = c.var.caller;
    const { id: conversationId } = c.req.valid("param");
    const content = readComposerDraft(c.req.valid("json"));
    const draft = await c.var.core.inboxes.putComposerDraft(userId, { conversationId, sessionId, content });
    return c.json(serializeComposerDraft(draft), 200);
  })
  .openapi(deleteRoute, async (c) => {
    const { userId, sessionId } = c.var.caller;
    const { id: conversationId } = c.req.valid("param");
    await c.var.core.inboxes.discardComposerDraft(userId, { conversationId, sessionId });
    return c.body(null, 204);
  });
