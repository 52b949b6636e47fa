import { z } from "@hono/zod-openapi";
import { ConversationId, Position, SenderId, Seq, UserId } from "../../../../domain/ids.ts";
import { LIMITS } from "../../../../domain/limits.ts";
import { AttachmentType } from "../../../../domain/messages/attachment.ts";
import { Content, Kind, Notice } from "../../../../domain/messages/content.ts";
import { SUMMARY_USERS } from "../../../../domain/messages/thread.ts";
import { textUpTo } from "../../../../domain/text.ts";
import { LAST_TIME } from "../../../../lib/stored-time.ts";
import { Sender } from "../../accounts/users.ts";
import {
  ChangesLimit,
  Limit,
  Metadata,
  PositionParam,
  QueryText,
  RevParam,
  Time,
  TimeParam,
  UserIdParam,
} from "../../common.ts";
import { Buttons } from "./buttons.ts";
import { MessageKind, PollBody, PollFields } from "./polls.ts";
import { OwnReactions, Reactions } from "./reactions.ts";
import { SystemMessageBody } from "./system-message.ts";

/** The client message id: unique per sender in a conversation, so that a send can be repeated. */
export const ClientMsgId = z.string().min(1).max(LIMITS.clientMsgId).openapi({
  description: "Your own id of the message: a repeated send with the same id answers with the first message",
  example: "m1",
});

export const Mentions = z.union([z.array(UserId).max(LIMITS.mentions), z.literal("all")]);

/** The address of a message in any conversation. */
export const MessageReference = z
  .object({ conversation_id: ConversationId, seq: Seq })
  .openapi("MessageReference", { description: "The address of a message, in any of your conversations" });

/** The name of a shape of one kind: `TextMessage`, `NewTextMessage`. */
export const nameOf = (kind: string, prefix = "") =>
  `${prefix}${kind.charAt(0).toUpperCase()}${kind.slice(1)}Message`;

const Root = Seq.meta({ description: "The message that the thread belongs to", example: 41 });
const AlsoInMain = z.boolean().openapi({
  description:
    "Whether the reply is in the main stream too. `false`: it is a thread-only reply, which counts in nobody's `unread_count`",
});

/** The thread of a send. */
const NewThreadPlace = z
  .object({ root: Root, also_in_main: AlsoInMain.default(true) })
  .openapi("NewThreadPlace", {
    description: "Answers in the thread of a message, which is no reply itself and no system message",
  });

/** The fields of every send. */
export const SendFields = z.object({
  client_msg_id: ClientMsgId.optional(),
  quote_seq: Seq.optional().openapi({ description: "The message that this one answers" }),
  thread: NewThreadPlace.optional(),
  mentions: Mentions.optional(),
  metadata: Metadata.optional().openapi({
    description: "What you keep with the message: its members see it",
  }),
  no_preview: z.literal(true).optional().openapi({
    description: "The message shows no preview of what it links to, also after an edit",
  }),
  send_at: z.int().nonnegative().max(LAST_TIME).optional().openapi({
    description:
      "Over HTTP: the message is sent at this time, at most a year ahead, in milliseconds since 1970. A socket refuses it",
  }),
});

/** The buttons of a send with content of its own: copies have none. */
export const NewButtons = Buttons.optional().openapi({
  description: "Below the message. Only a bot may send some: 403 `forbidden` for all others",
});

/** The fields of a send with kind and body. `forward` is refused instead of ignored, and is not described. */
const CopyFields = {
  ...SendFields.shape,
  forward: z
    .undefined({ error: "send `kind` and `body`, or `forward`, not both" })
    .optional()
    .openapi({ type: "object", not: {} }),
};
const ContentFields = {
  ...CopyFields,
  buttons: NewButtons,
  only_for: UserId.optional().openapi({
    description:
      "Over HTTP, for bots: the message is shown to this member alone, as a frame `passing`, and is not stored. Not of a poll, and its buttons have `url` alone. A socket refuses it",
  }),
};

/** The input of a merged message: addresses, which the server replaces by the messages. */
export const MergedInput = z.object({
  kind: z.literal("merged"),
  body: z.object({
    title: textUpTo(LIMITS.name),
    items: z.array(MessageReference).min(1).max(LIMITS.mergedItems),
  }),
});
const NewMerged = z.object({ ...MergedInput.shape, ...CopyFields }).openapi(nameOf("merged", "New"));

/** The input of a poll. */
export const PollInput = z.object({ kind: z.literal("poll"), body: PollBody });
const NewPoll = z.object({ ...PollInput.shape, ...ContentFields }).openapi(nameOf("poll", "New"));

/** A send with `forward` instead of kind and body. */
const NewForward = z
  .object({
    forward: MessageReference,
    ...SendFields.shape,
    kind: z
      .literal([undefined], { error: "send `kind` and `body`, or `forward`" })
      .optional()
      .openapi({ type: "object", not: {} }),
  })
  .openapi("NewForward", { description: "A copy of that message" });

const [Text, ...Others] = Content.options;

const NewText = z.object({ ...Text.shape, ...ContentFields });

/** A send with kind and body. `kind` selects the body. */
const NewContent = z
  .discriminatedUnion("kind", [
    NewText.openapi(nameOf("text", "New")),
    ...Others.map(({ shape }) =>
      z.object({ ...shape, ...ContentFields }).openapi(nameOf(shape.kind.value, "New")),
    ),
    NewMerged,
    NewPoll,
  ])
  .openapi("NewContent");

export const NewMessage = z.discriminatedUnion("kind", [NewContent, NewForward]).openapi("NewMessage");
export type NewMessage = z.infer<typeof NewMessage>;

/** The usual send, a text without options. `NewMessage` takes several times as long to check it. */
export const PlainText = NewText.pick({ kind: true, body: true, client_msg_id: true });

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
  mentions: Mentions,
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

export const MessagePage = z
  .object({
    items: z.array(Message),
    has_more: z.boolean().openapi({ description: "There are more in the direction of the page" }),
    has_earlier: z
      .boolean()
      .optional()
      .openapi({ description: "With `at`: there are messages before the page" }),
  })
  .openapi("MessagePage");

/** Asks for thread-only replies too. */
const ThreadsQuery = z.literal("all").optional().openapi({
  description: "`all`: with thread-only replies; absent: the main stream",
});

export const PageQuery = z.object({
  before: PositionParam.optional(),
  after: PositionParam.optional(),
  at: TimeParam.optional().openapi({
    description: "The page begins at the first message from this time on",
  }),
  limit: Limit,
  threads: ThreadsQuery,
});

export const Pins = z.object({ items: z.array(Message).max(LIMITS.pins) }).openapi("Pins");

export const AttachmentsQuery = z.object({
  type: AttachmentType.openapi({
    description: "`media`: images and videos. `link`: texts with an address (`://`)",
  }),
  before: PositionParam.optional(),
  limit: Limit,
});

export const AttachmentsPage = z
  .object({ items: z.array(Message), next_before: Seq.nullable() })
  .openapi("AttachmentsPage");

export const ChangesQuery = z.object({
  after_rev: RevParam.optional().openapi({ description: "The highest `rev` that you have; absent: 0" }),
  after: PositionParam.optional().openapi({
    description: "The newest message that you have; absent: a deletion for yourself is not told",
  }),
  limit: ChangesLimit,
  threads: ThreadsQuery,
});

export const ChangesPage = z
  .object({
    items: z.array(Message),
    hidden: z.array(Seq).openapi({ description: "Messages that you have hidden: remove them" }),
    rev: z.int().nonnegative().openapi({ description: "With this page you have every change up to it" }),
    has_more: z.boolean(),
  })
  .openapi("ChangesPage");

export const SearchQuery = z.object({
  q: QueryText.pipe(textUpTo(LIMITS.query).min(1)),
  match: z.enum(["phrase", "words"]).default("phrase").openapi({
    description: "`phrase`: `q` as a whole. `words`: each word of `q`, anywhere in the message",
  }),
  sender_id: UserIdParam.optional(),
  kind: MessageKind.optional(),
  since: TimeParam.optional().openapi({ description: "Only messages from this time on (ms)" }),
  until: TimeParam.optional().openapi({ description: "Only messages up to this time (ms)" }),
  before: PositionParam.optional(),
  limit: Limit,
});

export const SearchPage = z
  .object({ items: z.array(Message), next_before: Seq.nullable() })
  .openapi("SearchPage");

export const WideSearchQuery = z.object({
  ...SearchQuery.shape,
  before: QueryText.optional().openapi({ description: "`next_before` of the page before" }),
});

export const WideSearchPage = z
  .object({
    items: z.array(Message),
    next_before: z.string().nullable().openapi({ description: "null: this is the last page" }),
    searched_to: Time.nullable().openapi({
      description: "Every match that is newer than this time (ms) was given; null: every match was",
    }),
    unreachable: z.array(ConversationId).openapi({
      description: "Conversations that did not answer. The following pages leave them out",
    }),
  })
  .openapi("WideSearchPage");

export const DeleteQuery = z.object({ for: z.enum(["me", "everyone"]) });

/** The message that the user has marked unread. */
export const UnreadFrom = Seq.meta({
  description: "The message that you have marked unread: yours count as unread from it on. Absent: none",
});

export const ReadPosition = z
  .object({
    seq: Position,
    unread: z
      .boolean()
      .optional()
      .openapi({ description: "True: marks this message and the later ones unread, instead of reading" }),
  })
  .openapi("ReadPosition");
export const ReadState = z
  .object({ read_seq: Position, unread_count: z.int(), unread_from: UnreadFrom.optional() })
  .openapi("ReadState");

export const Receipts = z
  .object({ items: z.array(z.object({ user_id: UserId, read_seq: Position, read_at: Time })) })
  .openapi("Receipts");
