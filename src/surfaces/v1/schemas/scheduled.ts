import { z } from "@hono/zod-openapi";
import { ConversationId, Position, Seq } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { Content } from "../../../domain/messages/content.ts";
import { textUpTo } from "../../../domain/text.ts";
import { Metadata, Time } from "../common.ts";
import { ProblemCode } from "../problems.ts";
import { Mentions, MessageReference, nameOf, ThreadPlace } from "./messages/messages.ts";
import { type MessageKind, PollBody } from "./messages/polls.ts";

const EXAMPLE = "scheduled-0f9b2c6d-4e8a-4173-8b5c-1d2e3f405162";

/** The id of a scheduled message. */
export const ScheduledId = z.string().openapi("ScheduledId", {
  description: "The id of a scheduled message, as long as it waits or has failed",
  example: EXAMPLE,
});

export const ScheduledIdParam = z.string().openapi({ example: EXAMPLE });

const SendAt = Time.openapi({ description: "When it is due, in milliseconds since 1970" });

/** The fields of a scheduled message besides its content. */
const Fields = {
  id: ScheduledId,
  conversation_id: ConversationId,
  send_at: SendAt,
  created_at: Time,
  client_msg_id: z
    .string()
    .openapi({ description: "The `client_msg_id` of the message that it becomes: yours, or its `id`" }),
  quote_seq: Seq.optional(),
  thread: ThreadPlace.optional(),
  mentions: Mentions,
  metadata: Metadata.optional(),
  failed: ProblemCode.optional().openapi({ description: "Why it was refused when it was due" }),
  failed_at: Time.optional().openapi({ description: "When, in milliseconds since 1970" }),
};

/** A scheduled message on the wire. Its stored draft was checked when it was made. */
export type Scheduled = z.infer<z.ZodObject<typeof Fields>> & {
  kind?: MessageKind;
  body?: object;
  forward?: z.infer<typeof MessageReference>;
};

const [Text, ...Others] = Content.options;

const Merged = z.object({ title: textUpTo(LIMITS.name), items: z.array(MessageReference) });

const ScheduledContent = z
  .discriminatedUnion("kind", [
    z.object({ ...Fields, ...Text.shape }).openapi(nameOf("text", "Scheduled")),
    ...Others.map(({ shape }) =>
      z.object({ ...Fields, ...shape }).openapi(nameOf(shape.kind.value, "Scheduled")),
    ),
    z.object({ ...Fields, kind: z.literal("merged"), body: Merged }).openapi(nameOf("merged", "Scheduled")),
    z.object({ ...Fields, kind: z.literal("poll"), body: PollBody }).openapi(nameOf("poll", "Scheduled")),
  ])
  .openapi("ScheduledContent");

/** Another message's content: it has neither kind nor body until it is sent. */
const ScheduledForward = z.object({ ...Fields, forward: MessageReference }).openapi("ScheduledForward");

/** A message that waits until it is due, with its draft as it was sent. */
export const Scheduled: z.ZodType<Scheduled> = z
  .union([ScheduledContent, ScheduledForward])
  .openapi("Scheduled", {
    description: "A scheduled message. With `failed` it was refused; it is kept for a week",
  });

export const ScheduledAnswer = z.object({ scheduled: Scheduled }).openapi("ScheduledAnswer");

export const ScheduledPage = z
  .object({ items: z.array(Scheduled), next_cursor: z.string().nullable() })
  .openapi("ScheduledPage");

const ChangeFields = {
  send_at: SendAt.optional(),
  mentions: Mentions.optional(),
  quote_seq: Position.optional().openapi({ description: "0: it quotes nothing" }),
};

const WITH_KIND = "send `kind` and `body` together";

/** A change that leaves the content. */
const OtherChange = z
  .object({
    ...ChangeFields,
    kind: z.literal([undefined], { error: WITH_KIND }).optional().openapi({ type: "object", not: {} }),
    body: z.undefined({ error: WITH_KIND }).optional().openapi({ type: "object", not: {} }),
  })
  .openapi("ScheduledTimeChange", { not: { properties: { kind: {} }, required: ["kind"] } });

/** A change with new content. */
const ContentChange = z
  .discriminatedUnion("kind", [
    z.object({ ...ChangeFields, ...Text.shape }).openapi(nameOf("text", "Rescheduled")),
    ...Others.map(({ shape }) =>
      z.object({ ...ChangeFields, ...shape }).openapi(nameOf(shape.kind.value, "Rescheduled")),
    ),
    z
      .object({ ...ChangeFields, kind: z.literal("poll"), body: PollBody })
      .openapi(nameOf("poll", "Rescheduled")),
  ])
  .openapi("ScheduledContentChange");

/** The fields of a scheduled message that change; absent ones keep their value. */
export const ScheduledChange = z
  .discriminatedUnion("kind", [ContentChange, OtherChange])
  .openapi("ScheduledChange");
export type ScheduledChange = z.infer<typeof ScheduledChange>;
