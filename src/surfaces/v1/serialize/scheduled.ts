import type { z } from "@hono/zod-openapi";
import { Seq } from "../../../domain/ids.ts";
import { bodyJson, StoredBody } from "../../../domain/messages/content.ts";
import type { AnyDraft, MessageReference } from "../../../domain/messages/message.ts";
import { pollText } from "../../../domain/messages/polls.ts";
import type {
  ScheduledChange as DomainScheduledChange,
  ScheduledMessage,
} from "../../../domain/messages/scheduled.ts";
import { readMetadata } from "../../../domain/server/metadata.ts";
import { wireCode } from "../problems.ts";
import type { Scheduled, ScheduledChange } from "../schemas/scheduled.ts";

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

function reference({ conversationId, seq }: MessageReference) {
  return { conversation_id: conversationId, seq };
}

/** The change that a client asks for. @throws `validation_failed` for a body over 32 KiB */
export function toChange(input: ScheduledChange): DomainScheduledChange {
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
