import { z } from "@hono/zod-openapi";
import { ConversationId, Seq, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { bodyJson, Content } from "../../../domain/messages/content.ts";
import type {
  AnyDraft,
  MessageReference as DomainMessageReference,
} from "../../../domain/messages/message.ts";
import { pollText } from "../../../domain/messages/polls.ts";
import { writeMetadata } from "../../../domain/server/metadata.ts";
import { RoleId } from "../../../domain/spaces/role.ts";
import { textUpTo } from "../../../domain/text.ts";
import { LAST_TIME } from "../../../lib/stored-time.ts";
import { Metadata } from "../common.ts";
import { Buttons } from "./buttons.ts";
import { PollBody } from "./poll.ts";

/** The client message id: unique per sender in a conversation, so that a send can be repeated. */
export const ClientMsgId = z.string().min(1).max(LIMITS.clientMsgId).openapi({
  description: "Your own id of the message: a repeated send with the same id answers with the first message",
  example: "m1",
});

export const Mentions = z.union([z.array(UserId).max(LIMITS.mentions), z.literal("all")]);

/** The roles that a message in a channel mentions. */
export const RoleMentionFields = {
  mention_roles: z
    .array(RoleId)
    .min(1)
    .max(LIMITS.mentionedRoles)
    .optional()
    .openapi({
      description: `In a channel: roles of its space. Those who have one and read the channel are mentioned. ${LIMITS.reachedByRoles} members of the space have them at most. A role that is not \`mentionable\` wants the permission \`mention_all\``,
    }),
  mention_here: z
    .literal(true)
    .optional()
    .openapi({
      description: `In a channel: those who follow it and are online are mentioned, up to ${LIMITS.reachedByRoles} of them. It wants the permission \`mention_all\``,
    }),
};

/** The address of a message in any conversation. */
export const MessageReference = z
  .object({ conversation_id: ConversationId, seq: Seq })
  .openapi("MessageReference", { description: "The address of a message, in any of your conversations" });

/** The name of a shape of one kind: `TextMessage`, `NewTextMessage`. */
export const nameOf = (kind: string, prefix = "") =>
  `${prefix}${kind.charAt(0).toUpperCase()}${kind.slice(1)}Message`;

export const Root = Seq.meta({ description: "The message that the thread belongs to", example: 41 });
export const AlsoInMain = z.boolean().openapi({
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
  ...RoleMentionFields,
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

export const [Text, ...Others] = Content.options;

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
    ...((input.mention_roles || input.mention_here) && {
      roleMentions: { roles: input.mention_roles ?? [], here: input.mention_here ?? false },
    }),
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
