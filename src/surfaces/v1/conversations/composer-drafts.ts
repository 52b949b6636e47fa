import { z } from "@hono/zod-openapi";
import type {
  ComposerContent,
  ComposerDraft as DomainComposerDraft,
} from "../../../domain/conversations/composer-draft.ts";
import { Seq } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { exceedsBytes, textUpTo } from "../../../domain/text.ts";
import { ConversationParams, Time, TimeParam } from "../common.ts";
import { ClientMsgId } from "../messages/new-message.ts";
import { Problem, problemBody, problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";

const fields = {
  text: textUpTo(LIMITS.textLength).refine(
    (text) => !exceedsBytes(JSON.stringify({ text }), LIMITS.bodyBytes),
    {
      message: `must be at most ${LIMITS.bodyBytes} bytes as JSON`,
      params: { excess: true },
    },
  ),
  reply_to: Seq.optional().openapi({
    description:
      "The message that it answers. Whether you see it is not asked: the send with it is refused if you do not",
  }),
  thread: z
    .object({ root: Seq, also_in_main: z.boolean().optional() })
    .optional()
    .openapi({ description: "The thread that it is written in; the same holds for its root" }),
  client_msg_id: ClientMsgId.optional().openapi({
    description: "The id under which you will send it: that send clears the draft",
  }),
};

/** What a client writes of its composer. */
const NewComposerDraft = z
  .object({
    ...fields,
    replaces: Time.optional().openapi({
      description:
        "The `updated_at` of the draft that you know to be there, 0: none. If another one is there, of another `client_msg_id`, it stays, and the answer is a `conflict`. Absent: replaces any draft",
    }),
  })
  .refine(({ text, reply_to }) => text !== "" || reply_to !== undefined, {
    path: ["text"],
    message: "is empty: DELETE the draft instead",
  })
  .openapi("NewComposerDraft");

const { errors: _, muted_until: __, ...ProblemFields } = Problem.shape;

/** What the caller is writing in a conversation. */
export const ComposerDraft = z.object({ ...fields, updated_at: Time }).openapi("ComposerDraft", {
  description: "What you are writing in a conversation, for your devices alone",
});

const DraftConflict = z
  .object({ ...ProblemFields, code: z.literal("conflict"), draft: ComposerDraft.optional() })
  .openapi("DraftConflict", {
    description:
      "A failure (RFC 9457). With `draft`: another draft is there than the one that you replace, and stays",
  });

const DiscardQuery = z.object({
  updated_at: TimeParam.optional().openapi({
    description: "Deletes only the draft of this `updated_at`; another one stays",
  }),
});

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

/** A composer draft as v1 shows it to its author. */
export function serializeComposerDraft(draft: DomainComposerDraft): z.infer<typeof ComposerDraft> {
  const { text, replyTo, thread, clientMsgId, updatedAt } = draft;
  return {
    text,
    ...(replyTo !== undefined && { reply_to: replyTo }),
    ...(thread && { thread: { root: thread.root, also_in_main: thread.alsoInMain } }),
    ...(clientMsgId !== undefined && { client_msg_id: clientMsgId }),
    updated_at: updatedAt,
  };
}

/** The content of a composer draft from what a client writes. */
function readComposerDraft(written: Omit<z.infer<typeof NewComposerDraft>, "replaces">): ComposerContent {
  const { text, reply_to: replyTo, thread, client_msg_id: clientMsgId } = written;
  return {
    text,
    replyTo,
    thread: thread && { root: thread.root, alsoInMain: thread.also_in_main },
    clientMsgId,
  };
}
