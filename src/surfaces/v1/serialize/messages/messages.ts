import type { z } from "@hono/zod-openapi";
import type { ReadReceipt, ReadState } from "../../../../domain/conversations/conversation.ts";
import { NOBODY } from "../../../../domain/ids.ts";
import { bodyJson, StoredBody } from "../../../../domain/messages/content.ts";
import type { LinkPreview } from "../../../../domain/messages/link-preview.ts";
import type {
  AnyDraft,
  MessageReference as DomainMessageReference,
  Message,
  OwnPart,
} from "../../../../domain/messages/message.ts";
import { pollText } from "../../../../domain/messages/polls.ts";
import type { ThreadSummary } from "../../../../domain/messages/thread.ts";
import type { ExternalIdsOfUsers } from "../../../../domain/server/hook-format.ts";
import { readMetadata, writeMetadata } from "../../../../domain/server/metadata.ts";
import { serializePerson } from "../../accounts/users.ts";
import type {
  MessageReference,
  Message as MessageShape,
  NewMessage,
  ReadState as ReadStateShape,
  Receipts,
} from "../../schemas/messages/messages.ts";
import { bodyOf, kindOf, quotePreview, tallyFields } from "./polls.ts";
import { everyOwnField, ownFields, serializeReactions } from "./reactions.ts";

/**
 * The draft that a send asks for.
 * @throws `validation_failed` for a body over 32 KiB
 */
export function toDraft(input: NewMessage): AnyDraft {
  const options = {
    clientMsgId: input.client_msg_id,
    quoteSeq: input.quote_seq,
    thread: input.thread && { root: input.thread.root, alsoInMain: input.thread.also_in_main },
    mentions: input.mentions ?? [],
    ...(input.metadata && { metadata: writeMetadata(input.metadata) }),
    ...(input.no_preview && { noPreview: true as const }),
  };
  if (input.kind === undefined)
    return { ...options, copy: { type: "forward", source: reference(input.forward) } };
  if (input.kind === "merged") {
    const { title, items } = input.body;
    return { ...options, copy: { type: "merged", title, items: items.map(reference) } };
  }
  const buttons = input.buttons && { buttons: input.buttons };
  if (input.kind === "poll") {
    const { kind, body } = pollText(input.body);
    return { ...options, kind, body: JSON.stringify(body), poll: input.body, ...buttons };
  }
  return { ...options, kind: input.kind, body: bodyJson(input), ...buttons };
}

function reference({ conversation_id, seq }: z.infer<typeof MessageReference>): DomainMessageReference {
  return { conversationId: conversation_id, seq };
}

/** A message as v1 answers with it. */
export function serializeMessage(message: Message): z.infer<typeof MessageShape> {
  const reactions = serializeReactions(message.reactions);
  return { ...serializeLastMessage(message), reactions, ...everyOwnField(message) };
}

/** The same as a team's backend is answered: with the id that the backend has for the sender. */
export function serializeServerMessage(
  message: Message,
  externalIds: ExternalIdsOfUsers,
): z.infer<typeof MessageShape> {
  return withExternalId(serializeMessage(message), message, externalIds);
}

/** A message with the id that a team's backend has for its sender; null: none. */
export function withExternalId<Shown extends { sender: object }>(
  shown: Shown,
  { sender: { id } }: Message,
  externalIds: ExternalIdsOfUsers,
) {
  return { ...shown, sender: { ...shown.sender, external_id: externalIds.get(id) ?? null } };
}

/** The newest message of a conversation, as the conversation shows it: without reactions. */
export function serializeLastMessage(message: Message): z.infer<typeof MessageShape> {
  const { metadata } = message;
  return {
    ...withoutBody(message),
    ...(metadata !== undefined && { metadata: readMetadata(metadata) }),
    body: StoredBody.parse(JSON.parse(bodyOf(message))),
  };
}

/**
 * A message as sockets send it, as JSON text. The stored body is inserted without parsing it: sockets do this
 * for every message. The reader's own part is last, or missing: `withOwnPart` adds it.
 */
export function messageJson(message: Message): string {
  return withOwnPart(`${fieldsJson(message).slice(0, -1)}${BODY}${bodyOf(message)}}`, message);
}

/** The same without the body, for clients that have it. */
export function partJson(message: Message): string {
  return withOwnPart(fieldsJson(message), message);
}

/** Before its reader's own part, the body is the last field of the JSON text of a message. */
const BODY = ',"body":';
/** The same to a reader of JSON. */
const ESCAPED_BODY = String.raw`,"\u0062ody":`;

/** The JSON text of a message without its body. No field before the body has a field of that name. */
export function withoutBodyJson(json: string): string {
  return `${json.slice(0, json.indexOf(BODY))}}`;
}

function fieldsJson(message: Message): string {
  const json = JSON.stringify({ ...withoutBody(message), reactions: serializeReactions(message.reactions) });
  const { metadata } = message;
  if (metadata === undefined) return json;
  // A field of the name `body` in metadata is written so that it is not taken for that of the message.
  return `${json.slice(0, -1)},"metadata":${metadata.replaceAll(BODY, ESCAPED_BODY)}}`;
}

/** Adds its reader's own part to the JSON text of a message. */
export function withOwnPart(json: string, own: OwnPart): string {
  if (own.mine === undefined && own.votes === undefined) return json;
  return `${json.slice(0, -1)},${JSON.stringify(ownFields(own)).slice(1)}`;
}

/** The fields of a message that list entries show too, except its body and its metadata. */
function withoutBody(message: Message): Omit<z.infer<typeof MessageShape>, "body" | "metadata"> {
  const { quote, thread, threadSummary, clientMsgId, forwarded } = message;
  // What every message has comes first: V8 stores a field slowly behind a spread.
  return {
    conversation_id: message.conversationId,
    seq: message.seq,
    sender: serializePerson(message.sender),
    kind: kindOf(message, message.sender.id),
    mentions: message.mentions,
    revoked: message.revoked,
    rev: message.rev,
    pinned_at: message.pinned?.at ?? 0,
    version: message.version,
    created_at: message.createdAt,
    ...(message.poll && tallyFields(message.poll)),
    ...(quote && {
      quote: {
        ...{ seq: quote.seq, sender_id: quote.senderId },
        ...(quote.senderName !== undefined && { sender_name: quote.senderName }),
        ...{ kind: kindOf(quote, quote.senderId), preview: quotePreview(quote) },
      },
    }),
    ...(thread && { thread: { root: thread.root, also_in_main: thread.alsoInMain } }),
    ...(threadSummary && { thread_summary: summaryFields(threadSummary) }),
    ...(forwarded && {
      forwarded: {
        conversation_id: forwarded.conversationId,
        seq: forwarded.seq,
        sender_id: forwarded.senderId,
      },
    }),
    ...(message.pinned && { pinned_by: message.pinned.by }),
    ...(message.editedAt !== undefined && { edited_at: message.editedAt }),
    ...(clientMsgId !== undefined && { client_msg_id: clientMsgId }),
    ...(message.linkPreview && { link_preview: linkPreviewFields(message.linkPreview) }),
    ...(message.buttons && { buttons: message.buttons }),
    ...((message.silent || (message.sender.id === NOBODY && message.kind === "tip")) && {
      silent: true as const,
    }),
  };
}

/** What is unread to a member as v1 shows it to them. */
export function serializeReadState({
  readSeq,
  unreadCount,
  unreadFrom,
}: Pick<ReadState, "readSeq" | "unreadCount" | "unreadFrom">): z.infer<typeof ReadStateShape> {
  return {
    read_seq: readSeq,
    unread_count: unreadCount,
    ...(unreadFrom !== null && { unread_from: unreadFrom }),
  };
}

function linkPreviewFields({ url, title, description, siteName, image }: LinkPreview) {
  return {
    ...{ url, title },
    ...(description !== undefined && { description }),
    ...(siteName !== undefined && { site_name: siteName }),
    ...(image && { image }),
  };
}

function summaryFields({ count, lastSeq, lastAt, userIds }: ThreadSummary) {
  return { count, last_seq: lastSeq, last_at: lastAt, user_ids: userIds };
}

/** A member's read position as v1 shows it. */
export function serializeReceipt(receipt: ReadReceipt): z.infer<typeof Receipts>["items"][number] {
  return { user_id: receipt.userId, read_seq: receipt.readSeq, read_at: receipt.readAt };
}
