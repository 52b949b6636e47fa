import { ConversationParams } from "../../common.ts";
import { problemBody, problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../../route.ts";
import { v1Router } from "../../router.ts";
import {
  ComposerDraft,
  DiscardQuery,
  DraftConflict,
  NewComposerDraft,
} from "../../schemas/composer-drafts.ts";
import { readComposerDraft, serializeComposerDraft } from "../../serialize/composer-drafts.ts";

const lightRoute = callerRoutes("Conversations");

const putRoute = lightRoute("put", "/v1/conversations/{id}/draft", {
  operationId: "putDraft",
  summary: "Share what you are writing with your other devices",
  description:
    "One draft a conversation; the last writer wins. Your list has it as `draft`, and your other sessions' device sockets are sent a `draft` frame. Nobody else is shown it. The send with its `client_msg_id` clears it, so choose the id when you begin to write. A draft whose message is stored already, or one more than 1,000, is a `conflict`. " +
    "With `replaces` a draft that you do not know of is not overwritten: 409 with the `draft` that is there.",
  request: {
    params: ConversationParams,
    body: jsonBody(NewComposerDraft),
  },
  responses: {
    200: jsonAnswer("The draft", ComposerDraft),
    409: {
      description: "`conflict`: Conflict",
      content: { "application/problem+json": { schema: DraftConflict } },
    },
    ...problems("not_found", "full"),
  },
});

const deleteRoute = lightRoute("delete", "/v1/conversations/{id}/draft", {
  operationId: "deleteDraft",
  summary: "Delete what you are writing",
  description: "Repeating this is no error.",
  request: { params: ConversationParams, query: DiscardQuery },
  responses: {
    204: { description: "Done" },
    ...problems("validation_failed", "not_found"),
  },
});

const CONFLICT = {
  ok: false,
  code: "conflict",
  detail: "Another draft is there than the one that you replace: look at it, in `draft`.",
} as const;

export const composerDrafts = v1Router()
  .openapi(putRoute, async (c) => {
    const { userId, sessionId } = c.var.caller;
    const { id: conversationId } = c.req.valid("param");
    const { replaces, ...written } = c.req.valid("json");
    const { isWritten, draft } = await c.var.core.inboxes.putComposerDraft(userId, {
      ...{ conversationId, sessionId, replaces },
      content: readComposerDraft(written),
    });
    const shown = serializeComposerDraft(draft);
    if (isWritten) return c.json(shown, 200);
    const conflict = { ...problemBody(CONFLICT), code: CONFLICT.code, draft: shown };
    return c.json(conflict, 409, { "Content-Type": "application/problem+json" });
  })
  .openapi(deleteRoute, async (c) => {
    const { userId, sessionId } = c.var.caller;
    const { id: conversationId } = c.req.valid("param");
    const { updated_at: updatedAt } = c.req.valid("query");
    await c.var.core.inboxes.discardComposerDraft(userId, { conversationId, sessionId, updatedAt });
    return c.body(null, 204);
  });
