import { z } from "@hono/zod-openapi";
import { Seq } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { exceedsBytes, textUpTo } from "../../../domain/text.ts";
import { Time, TimeParam } from "../common.ts";
import { ClientMsgId } from "../messages/new-message.ts";
import { Problem } from "../problems.ts";

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
export const NewComposerDraft = z
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

export const DraftConflict = z
  .object({ ...ProblemFields, code: z.literal("conflict"), draft: ComposerDraft.optional() })
  .openapi("DraftConflict", {
    description:
      "A failure (RFC 9457). With `draft`: another draft is there than the one that you replace, and stays",
  });

export const DiscardQuery = z.object({
  updated_at: TimeParam.optional().openapi({
    description: "Deletes only the draft of this `updated_at`; another one stays",
  }),
});
