import type { z } from "@hono/zod-openapi";
import type { ComposerContent, ComposerDraft } from "../../../domain/conversations/composer-draft.ts";
import type { ComposerDraft as ComposerDraftShape, NewComposerDraft } from "../schemas/composer-drafts.ts";

/** A composer draft as v1 shows it to its author. */
export function serializeComposerDraft(draft: ComposerDraft): z.infer<typeof ComposerDraftShape> {
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
export function readComposerDraft(
  written: Omit<z.infer<typeof NewComposerDraft>, "replaces">,
): ComposerContent {
  const { text, reply_to: replyTo, thread, client_msg_id: clientMsgId } = written;
  return {
    text,
    replyTo,
    thread: thread && { root: thread.root, alsoInMain: thread.also_in_main },
    clientMsgId,
  };
}
