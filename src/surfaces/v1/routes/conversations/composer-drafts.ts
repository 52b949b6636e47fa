import { callerRoutes, jsonAnswer, jsonBody } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { ConversationParams, problems } from "../../schemas/common.ts";
import { ComposerDraft, NewComposerDraft } from "../../schemas/composer-drafts.ts";
import { readComposerDraft, serializeComposerDraft } from "../../serialize/composer-drafts.ts";

const lightRoute = callerRoutes("Conversations");

const putRoute = lightRoute("put", "/v1/conversations/{id}/draft", {
  operationId: "putDraft",
  summary: "Share what you are writing with your other devices",
  description:
    "One draft a conversation; the last writer wins. Your list has it as `draft`, and your other sessions' device sockets are sent a `draft` frame. Nobody else is shown it. The send with its `client_msg_id` clears it, so choose the id when you begin to write. A draft whose message is stored already, or one more than 1,000, is a `conflict`.",
  request: {
    params: ConversationParams,
    body: jsonBody(NewComposerDraft),
  },
  responses: {
    200: jsonAnswer("The draft", ComposerDraft),
    ...problems("not_found", "conflict"),
  },
});

const deleteRoute = lightRoute("delete", "/v1/conversations/{id}/draft", {
  operationId: "deleteDraft",
  summary: "Delete what you are writing",
  description: "Repeating this is no error.",
  request: { params: ConversationParams },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "not_found"),
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
