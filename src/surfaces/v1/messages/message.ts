import { z } from "@hono/zod-openapi";
import { ConversationId, NOBODY, SenderId, Seq, UserId } from "../../../domain/ids.ts";
import { Kind, Notice, StoredBody } from "../../../domain/messages/content.ts";
import type { LinkPreview as DomainLinkPreview } from "../../../domain/messages/link-preview.ts";
import type { Message as DomainMessage, OwnPart, RoleMentions } from "../../../domain/messages/message.ts";
import { type ThreadSummary as DomainThreadSummary, SUMMARY_USERS } from "../../../domain/messages/thread.ts";
import type { ExternalIdsOfUsers } from "../../../domain/server/hook-format.ts";
import { readMetadata } from "../../../domain/server/metadata.ts";
import { RoleId } from "../../../domain/spaces/role.ts";
import { Sender, serializePerson } from "../accounts/users.ts";
import { Metadata, Time } from "../common.ts";
import { Buttons } from "./buttons.ts";
import { AlsoInMain, nameOf, Others, Root, Text } from "./new-message.ts";
import { bodyOf, kindOf, MessageKind, PollBody, PollFields, quotePreview, tallyFields } from "./poll.ts";
import { everyOwnField, OwnReactions, ownFields, Reactions, serializeReactions } from "./reactions.ts";
import { SystemMessageBody } from "./system-message.ts";

/** The sender of a notice of a team's backend. */
const Nobody = z
  .object({
    ...Sender.shape,
    ...{ id: z.literal(0), username: z.literal(""), nickname: z.literal(""), avatar: z.literal("") },
  })
  .openapi("Nobody", { description: "No user has sent it" });

/** What a team's backend says by nobody. */
export const NoticeBody = z
  .object({
    ...Notice.shape,
    // The generator cannot write the recursive `z.json()`.
    data: z.record(z.string(), z.json()).optional().openapi({ type: "object", additionalProperties: true }),
  })
  .openapi("NoticeBody", {
    description: "Show `text`. `event` and `data` are of the team's backend, for clients of the team",
  });

/** The body of any message. Its schema is left open: the generator cannot write the recursive `z.json()`. */
export const AnyBody = z
  .record(z.string(), z.json())
  .openapi({ type: "object", additionalProperties: true, description: "Its shape depends on `kind`" });

/**
 * The body of a merged message: the messages as they were then, with the current profiles of their senders.
 */
const Merged = z
  .object({
    title: z.string(),
    items: z.array(
      z
        .object({
          conversation_id: ConversationId,
          seq: Seq,
          sender: Sender,
          kind: Kind,
          body: AnyBody,
          created_at: Time,
        })
        .openapi("MergedItem"),
    ),
  })
  .openapi("MergedBody");

const Quote = z
  .object({
    seq: Seq,
    sender_id: SenderId.meta({ description: "0: nobody, of a message of the kind `system`, or a hook" }),
    sender_name: z.string().optional().openapi({
      description: "The name that a message of an incoming hook is shown under. Absent: it is of no hook",
    }),
    kind: MessageKind,
    preview: z.string().openapi({
      description:
        "The beginning of what its text, question or caption shows, else the name of its file, or empty: in one line without styles, `▒▒▒` for a spoiler. Signs that would be marks are escaped",
    }),
  })
  .openapi("Quote", {
    description: "The quoted message in its current state; absent if the reader may not see it",
  });

const ForwardedFrom = z
  .object({
    ...{ conversation_id: ConversationId, seq: Seq },
    sender_id: SenderId.meta({ description: "0: an incoming hook" }),
  })
  .openapi("ForwardedFrom", { description: "The place and the sender of the original" });

export const ThreadPlace = z
  .object({ root: Root, also_in_main: AlsoInMain })
  .openapi("ThreadPlace", { description: "The thread that the message answers in" });

const ThreadSummary = z
  .object({
    count: z.int().positive(),
    last_seq: Seq,
    last_at: Time,
    user_ids: z
      .array(UserId)
      .max(SUMMARY_USERS)
      .openapi({ description: "Of the last replies, newest first" }),
  })
  .openapi("ThreadSummary", { description: "The replies to the message, without revoked ones" });

const LinkPreview = z
  .object({
    url: z.string().openapi({ description: "The link, as the message names it" }),
    title: z.string(),
    description: z.string().optional(),
    site_name: z.string().optional(),
    image: z
      .object({ url: z.string(), width: z.int().positive(), height: z.int().positive() })
      .optional()
      .openapi({ description: "A copy of the page's picture on this server, and its size in pixels" }),
  })
  .openapi("LinkPreview", {
    description:
      "What the page says of itself, as plain text: show it as text, and `url` beside it. It comes after the message, as a change of it",
  });

/** The fields of every message. `body` is passed on as it was stored. */
export const MessageFields = z.object({
  conversation_id: ConversationId,
  seq: Seq.meta({ description: "Its place in the conversation: 1, 2, 3 … without gaps" }),
  sender: Sender,
  kind: MessageKind,
  body: AnyBody,
  quote: Quote.optional(),
  thread: ThreadPlace.optional(),
  thread_summary: ThreadSummary.optional(),
  mentions: z
    .union([z.array(UserId), z.literal("all")])
    .openapi({ description: "Also those whom `mention_roles` and `mention_here` have reached" }),
  mention_roles: z.array(RoleId).optional().openapi({ description: "Roles of the space that it mentions" }),
  mention_here: z
    .literal(true)
    .optional()
    .openapi({ description: "It mentions those who follow the channel and were online" }),
  forwarded: ForwardedFrom.optional(),
  reactions: Reactions.optional().openapi({
    description:
      "In the order of their first use; none: `[]`. Absent only in the `last_message` of a conversation",
  }),
  mine: OwnReactions.optional().openapi({
    description:
      "The keys of your own reactions. In a frame it may be absent: what you know of it is right, at first none. In the `last_message` of a conversation it is absent",
  }),
  revoked: z.boolean(),
  rev: z
    .int()
    .nonnegative()
    .meta({ description: "The number of its last change in the conversation; 0: it never changed" }),
  pinned_at: z.int().nonnegative().meta({ description: "When it was pinned, in ms; 0: it is not" }),
  pinned_by: UserId.optional().meta({ description: "Who pinned it" }),
  version: z.int().positive().meta({ description: "1, and one more with each edit" }),
  edited_at: Time.optional().meta({
    description: "When it was last edited, in milliseconds since 1970; absent: never, or it is revoked",
  }),
  client_msg_id: z.string().optional(),
  metadata: Metadata.optional().openapi({
    description: "What its sender keeps with it, changed by `PATCH`; absent: nothing",
  }),
  link_preview: LinkPreview.optional().openapi({
    description: "Of the first link in its text, where the server has previews; absent: none, or not yet",
  }),
  buttons: Buttons.optional().openapi({
    description: "Of a message of a bot. A tap on one with `data` is a call of yours",
  }),
  silent: z
    .literal(true)
    .optional()
    .openapi({ description: "It counts as unread for nobody. Otherwise absent" }),
  created_at: Time,
});

/** A message on the wire. Its stored body was checked by `Content`, so the type only demands an object. */
export type Message = Omit<z.infer<typeof MessageFields>, "body"> & {
  body: object;
  poll?: z.infer<typeof PollFields.poll>;
};

const { quote: _, ...RevokedFields } = MessageFields.shape;

/** A message after its revoke, of any kind: its place and its sender are left. */
const RevokedMessage = z
  .object({
    ...RevokedFields,
    ...{ body: z.strictObject({}), revoked: z.literal(true) },
    votes: PollFields.votes.describe("Of a poll: `[]`, as its votes are gone"),
  })
  .openapi("RevokedMessage", { description: "A message that was taken back for everybody" });

/** A message of one kind. */
function messageOf(kind: MessageKind, body: z.ZodType<object>, more: z.ZodRawShape = {}) {
  const fields = {
    ...MessageFields.shape,
    ...{ kind: z.literal(kind), body, revoked: z.literal(false) },
    ...more,
  };
  return z.object(fields).openapi(nameOf(kind));
}

/** A message that is not revoked. `kind` selects the body. */
const UnrevokedMessage = z
  .discriminatedUnion("kind", [
    messageOf("text", Text.shape.body),
    ...Others.map(({ shape }) => messageOf(shape.kind.value, shape.body)),
    messageOf("merged", Merged),
    messageOf("poll", PollBody, PollFields),
    messageOf("tip", SystemMessageBody),
    messageOf("system", NoticeBody, { sender: Nobody, silent: z.literal(true) }),
  ])
  .openapi("UnrevokedMessage");

/** A message as the members of its conversation see it. `revoked` and `kind` select the body. */
export const Message: z.ZodType<Message> = z
  .discriminatedUnion("revoked", [UnrevokedMessage, RevokedMessage])
  .openapi("Message");

/** A changed message, for a client that has its body. */
export const MessagePart = MessageFields.omit({ body: true })
  .extend(PollFields)
  .openapi("MessagePart", {
    description:
      "With `?changes=parts`, a changed message without its `body`, which you have with this `version`",
    // Without this, a whole message would be a part too.
    not: { type: "object", properties: { body: {} }, required: ["body"] },
  });

/** A message as v1 answers with it. */
export function serializeMessage(message: DomainMessage): z.infer<typeof Message> {
  const reactions = serializeReactions(message.reactions);
  return { ...serializeLastMessage(message), reactions, ...everyOwnField(message) };
}

/** The same as a team's backend is answered: with the id that the backend has for the sender. */
export function serializeServerMessage(
  message: DomainMessage,
  externalIds: ExternalIdsOfUsers,
): z.infer<typeof Message> {
  return withExternalId(serializeMessage(message), message, externalIds);
}

/** A message with the id that a team's backend has for its sender; null: none. */
export function withExternalId<Shown extends { sender: object }>(
  shown: Shown,
  { sender: { id } }: DomainMessage,
  externalIds: ExternalIdsOfUsers,
) {
  return { ...shown, sender: { ...shown.sender, external_id: externalIds.get(id) ?? null } };
}

/** The newest message of a conversation, as the conversation shows it: without reactions. */
export function serializeLastMessage(message: DomainMessage): z.infer<typeof Message> {
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
export function messageJson(message: DomainMessage): string {
  return withOwnPart(`${fieldsJson(message).slice(0, -1)}${BODY}${bodyOf(message)}}`, message);
}

/** The same without the body, for clients that have it. */
export function partJson(message: DomainMessage): string {
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

function fieldsJson(message: DomainMessage): string {
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
function withoutBody(message: DomainMessage): Omit<z.infer<typeof Message>, "body" | "metadata"> {
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
    ...(message.roleMentions && roleMentionFields(message.roleMentions)),
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

function linkPreviewFields({ url, title, description, siteName, image }: DomainLinkPreview) {
  return {
    ...{ url, title },
    ...(description !== undefined && { description }),
    ...(siteName !== undefined && { site_name: siteName }),
    ...(image && { image }),
  };
}

function summaryFields({ count, lastSeq, lastAt, userIds }: DomainThreadSummary) {
  return { count, last_seq: lastSeq, last_at: lastAt, user_ids: userIds };
}

/** The roles that a message mentions, and whether followers who are online, as v1 shows them. */
export function roleMentionFields({ roles, here }: RoleMentions) {
  return { ...(roles.length > 0 && { mention_roles: roles }), ...(here && { mention_here: true as const }) };
}
