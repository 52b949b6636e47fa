import { z } from "@hono/zod-openapi";
import { ConversationId, Seq } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { textUpTo } from "../../../domain/text.ts";
import { flag, ListQuery, orNull, Time } from "../common.ts";
import { Message } from "./messages/messages.ts";

/** What a user says of a message that they save. Absent = unchanged. */
export const SavedChange = z
  .object({
    note: textUpTo(LIMITS.savedNote).optional().openapi({ description: 'For yourself. `""` empties it' }),
    remind_at: Time.nullable().optional().openapi({
      description:
        "In the future, at most 366 days ahead. null takes a reminder back, and says that you have seen it",
    }),
  })
  .openapi("SavedChange");

export const SavedMessage = z
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

export const SavedPage = z
  .object({ items: z.array(SavedMessage), next_cursor: z.string().nullable() })
  .openapi("SavedPage");

export const SavedQuery = ListQuery.extend({
  due: flag("Only those with a reminder that is due"),
});

const Mention = z
  .object({
    conversation_id: ConversationId,
    unread: z.boolean(),
    message: z.lazy(() => Message),
  })
  .openapi("Mention");

export const MentionPage = z
  .object({
    items: z.array(Mention),
    next_cursor: z.string().nullable(),
    unreachable: z.array(ConversationId).openapi({
      description: "Conversations that did not answer: what names you there is missing. Ask again later",
    }),
  })
  .openapi("MentionPage");
