import { z } from "@hono/zod-openapi";
import {
  changeScheduled,
  deleteScheduled,
  getScheduled,
  listScheduled,
} from "../../../core/messages/scheduled.ts";
import { ConversationId, Position, Seq } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { bodyJson, Content, StoredBody } from "../../../domain/messages/content.ts";
import type {
  AnyDraft,
  MessageReference as DomainMessageReference,
} from "../../../domain/messages/message.ts";
import { pollText } from "../../../domain/messages/polls.ts";
import type {
  ScheduledChange as DomainScheduledChange,
  ScheduledMessage,
} from "../../../domain/messages/scheduled.ts";
import { readMetadata } from "../../../domain/server/metadata.ts";
import { textUpTo } from "../../../domain/text.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { ListQuery, Metadata, serializePage, Time } from "../common.ts";
import { ProblemCode, problems, wireCode } from "../problems.ts";
import { callerRoutes, jsonAnswer, jsonBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { roleMentionFields, ThreadPlace } from "./message.ts";
import { Mentions, MessageReference, nameOf, RoleMentionFields } from "./new-message.ts";
import { type MessageKind, PollBody } from "./poll.ts";

const EXAMPLE = "scheduled-0f9b2c6d-4e8a-4173-8b5c-1d2e3f405162";

/** The id of a scheduled message. */
export const ScheduledId = z.string().openapi("ScheduledId", {
  description: "The id of a scheduled message, as long as it waits or has failed",
  example: EXAMPLE,
});

const ScheduledIdParam = z.string().openapi({ example: EXAMPLE });

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
  ...RoleMentionFields,
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

const ScheduledPage = z
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
const ScheduledChange = z.discriminatedUnion("kind", [ContentChange, OtherChange]).openapi("ScheduledChange");
type ScheduledChange = z.infer<typeof ScheduledChange>;

const lightRoute = callerRoutes("Messages");
const pageRoute = callerRoutes("Messages", weighs("page"));

const params = z.object({ id: ScheduledIdParam });

const listRoute = pageRoute("get", "/v1/scheduled", {
  operationId: "listScheduled",
  summary: "Your scheduled messages",
  description:
    "Of all conversations, in the order in which they are due. Refused ones have `failed`, and are kept for a week.",
  request: { query: ListQuery },
  responses: {
    200: jsonAnswer("A page", ScheduledPage),
    ...problems("validation_failed"),
  },
});

const getRoute = lightRoute("get", "/v1/scheduled/{id}", {
  operationId: "getScheduled",
  summary: "A scheduled message",
  description: "One that is sent, or is not yours, is `not_found`.",
  request: { params },
  responses: {
    200: jsonAnswer("The scheduled message", Scheduled),
    ...problems("not_found"),
  },
});

const changeRoute = lightRoute("patch", "/v1/scheduled/{id}", {
  operationId: "changeScheduled",
  summary: "Change a scheduled message",
  description:
    "Its time, its content (`kind` and `body` together), its mentions, its quote; what is absent stays. Once it is due it cannot be changed: `conflict`, and after it is sent `not_found`. One that has failed waits again with a new `send_at`.",
  request: {
    params,
    body: jsonBody(ScheduledChange),
  },
  responses: {
    200: jsonAnswer("The changed message", Scheduled),
    ...problems("not_found", "conflict", "quota", "full"),
  },
});

const deleteRoute = lightRoute("delete", "/v1/scheduled/{id}", {
  operationId: "deleteScheduled",
  summary: "Delete a scheduled message",
  description:
    "It will not be sent. Once it is due it cannot be deleted: `conflict`, and after it is sent `not_found`.",
  request: { params },
  responses: { 204: { description: "Deleted" }, ...problems("not_found", "conflict") },
});

export const scheduled = v1Router()
  .openapi(listRoute, async (c) => {
    const page = await listScheduled(c.var.core, c.var.caller.userId, c.req.valid("query"));
    return c.json(serializePage(page, serializeScheduled), 200);
  })
  .openapi(getRoute, async (c) => {
    const { id } = c.req.valid("param");
    return c.json(serializeScheduled(await getScheduled(c.var.core, c.var.caller.userId, id)), 200);
  })
  .openapi(changeRoute, async (c) => {
    const { id } = c.req.valid("param");
    const change = toChange(c.req.valid("json"));
    return c.json(
      serializeScheduled(await changeScheduled(c.var.core, c.var.caller.userId, id, change)),
      200,
    );
  })
  .openapi(deleteRoute, async (c) => {
    await deleteScheduled(c.var.core, c.var.caller.userId, c.req.valid("param").id);
    return c.body(null, 204);
  });

/** A scheduled message as v1 shows it. */
export function serializeScheduled(message: ScheduledMessage): z.infer<typeof Scheduled> {
  const { id, conversationId, sendAt, createdAt, draft, failed } = message;
  return {
    id,
    conversation_id: conversationId,
    send_at: sendAt,
    created_at: createdAt,
    client_msg_id: draft.clientMsgId,
    ...(draft.quoteSeq !== undefined && { quote_seq: draft.quoteSeq }),
    ...(draft.thread && { thread: { root: draft.thread.root, also_in_main: draft.thread.alsoInMain } }),
    mentions: draft.mentions,
    ...(draft.roleMentions && roleMentionFields(draft.roleMentions)),
    ...(draft.metadata && { metadata: readMetadata(draft.metadata) }),
    ...content(draft),
    ...(failed && { failed: wireCode(failed.code), failed_at: failed.at }),
  };
}

function content(draft: AnyDraft): Pick<z.infer<typeof Scheduled>, "kind" | "body" | "forward"> {
  if ("poll" in draft && draft.poll) return { kind: "poll", body: draft.poll };
  if (!("copy" in draft)) return { kind: draft.kind, body: StoredBody.parse(JSON.parse(draft.body)) };
  const { copy } = draft;
  if (copy.type === "forward") return { forward: reference(copy.source) };
  return { kind: "merged", body: { title: copy.title, items: copy.items.map(reference) } };
}

function reference({ conversationId, seq }: DomainMessageReference) {
  return { conversation_id: conversationId, seq };
}

/** The change that a client asks for. @throws `validation_failed` for a body over 32 KiB */
function toChange(input: ScheduledChange): DomainScheduledChange {
  const { send_at: sendAt, mentions, quote_seq: quoteSeq } = input;
  return {
    ...(sendAt !== undefined && { sendAt }),
    ...(mentions !== undefined && { mentions }),
    ...(quoteSeq !== undefined && { quoteSeq: quoteSeq === 0 ? null : Seq.parse(quoteSeq) }),
    ...(input.kind !== undefined && { content: toContent(input) }),
  };
}

function toContent(
  input: Extract<ScheduledChange, { body: object }>,
): NonNullable<DomainScheduledChange["content"]> {
  if (input.kind !== "poll") return { kind: input.kind, body: bodyJson(input) };
  const { kind, body } = pollText(input.body);
  return { kind, body: JSON.stringify(body), poll: input.body };
}
