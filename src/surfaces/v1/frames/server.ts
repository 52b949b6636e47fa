import { z } from "@hono/zod-openapi";
import { ConversationId, Position, Seq, SessionId, UserId } from "../../../domain/ids.ts";
import { KickReason, MemberEvent } from "../../../domain/sync/socket-protocol.ts";
import { Sender } from "../accounts/users.ts";
import { Time } from "../common.ts";
import { Conversation } from "../conversations/conversation.ts";
import { UnreadFrom } from "../conversations/read-positions.ts";
import { Message, MessagePart } from "../messages/message.ts";
import { ThreadState } from "../messages/threads.ts";
import { Problem, ProblemCode } from "../problems.ts";
import { Sampled } from "./sampled.ts";

export const Rev = z.int().nonnegative();
const RetryAfter = z.int().positive().openapi({ description: "Seconds until it may be tried again" });
/** The conversation that a frame is about. */
export const About = { conversation_id: ConversationId };

/** The schema of one type of frame, named after the type and, if the sockets differ in it, the socket. */
export function frame<const Type extends string, Fields extends z.ZodRawShape>(
  type: Type,
  fields: Fields,
  description: string,
  socket = "",
) {
  const words = type.split("_").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  const name = `${socket}${words.join("")}Frame`;
  return z.object({ type: z.literal(type), ...fields }).openapi(name, { description });
}

const AckFrame = frame(
  "ack",
  {
    client_msg_id: z.string().optional().openapi({ example: "m1" }),
    ...About,
    seq: Seq,
    created_at: Time,
    message: Message.optional(),
  },
  "Your message is stored at this place. `message`: on a socket that was opened with `?echo=message`",
);
/** An ack of one send. */
export type Ack = z.infer<typeof AckFrame>;

const AcksFrame = frame("acks", { items: z.array(AckFrame) }, "Several acks");

const MessageFrame = frame(
  "message",
  { message: Message },
  "A message of somebody, or of you on another socket",
);

const MessagesFrame = frame(
  "messages",
  {
    items: z.array(Message).max(100),
    sampled: Sampled.optional(),
  },
  "Several messages of one conversation, in rising `seq`",
);

const ChangedFrame = frame(
  "changed",
  {
    ...About,
    rev: Rev,
    items: z
      .array(z.union([Message, MessagePart]))
      .min(1)
      .max(200),
  },
  "Messages as they are now, in the order of their last change, with `?changes=parts` without the `body` that you have. With them you have every change up to `rev`",
);

const ErrorFrame = frame(
  "error",
  {
    code: ProblemCode,
    detail: z.string(),
    reason: Problem.shape.reason,
    policy: Problem.shape.policy,
    muted_until: Time.optional(),
    retry_after: RetryAfter.optional(),
    conversation_id: ConversationId.optional(),
    client_msg_id: z.string().optional(),
  },
  "A frame, or one send or conversation of it, was refused. The socket stays open",
).openapi({
  example: {
    type: "error",
    code: "muted",
    detail: "You are muted in this conversation.",
    muted_until: 1_795_166_225_763,
    conversation_id: 7,
    client_msg_id: "m1",
  },
});
/** The refusal of a frame, or of a part of it. */
export type Refusal = z.infer<typeof ErrorFrame>;

/** The events of a conversation, which both kinds of socket send. */
export const ConversationEventFrame = z.union([
  frame(
    "synced",
    { ...About, last_seq: Position, rev: Rev, has_more: z.boolean() },
    "The end of a page of replay",
  ),
  frame(
    "reset",
    { ...About, last_seq: Position, rev: Rev },
    "More messages have changed than are replayed, or what you show is gone for you: drop what you show of the conversation, and load it anew",
  ),
  frame(
    "read",
    {
      ...About,
      user_id: UserId,
      seq: Position,
      unread_count: z.int().nonnegative().optional().openapi({ description: "Yours, if you have read" }),
      last_seq: Position.optional().openapi({ description: "With `unread_count`: it counts up to there" }),
      unread_from: UnreadFrom.optional(),
    },
    "A member has read up to there",
  ),
  frame(
    "thread_read",
    {
      ...About,
      root: Seq,
      ...ThreadState.shape,
      threads_unread: z.int().nonnegative(),
      last_seq: Position.meta({ description: "`unread_count` and `threads_unread` count up to there" }),
    },
    "You have followed, left or read a thread, on another device too",
  ),
  frame("typing", { ...About, user_id: UserId }, "A member is typing"),
  frame(
    "viewers",
    { ...About, count: z.int().nonnegative() },
    "So many users look at the audience room. It comes over room sockets alone",
  ),
  frame(
    "draft_text",
    { ...About, stream: z.string(), user_id: UserId, text: z.string() },
    "A bot is making a message, which has this text so far. Show one for each `stream` of the bot, until a message of the bot comes, or none for some seconds",
  ),
  frame("revoked", { ...About, seq: Seq, by: UserId, rev: Rev }, "The message is taken back: empty it"),
  frame("hidden", { ...About, seq: Seq, rev: Rev }, "You have hidden the message: remove it"),
  frame(
    "deleted",
    { ...About, seq: Position },
    "You have deleted the conversation for yourself: drop what you have of it. A message after `seq` brings it back",
  ),
  frame("conversation", { conversation: Conversation }, "The conversation as you see it now"),
  frame(
    "member",
    {
      ...{ ...About, event: MemberEvent, user_ids: z.array(UserId) },
      actor_id: UserId.optional().meta({
        description: "Of `removed`: by whom. Who was removed does not see the system message",
      }),
    },
    "The event of a system message, a join request (`applied`), another name card (`name_card`), or the end of the group (`dissolved`)",
  ),
  frame(
    "profile",
    { user: Sender },
    "A user with whom you share a conversation, or you yourself, has a new name or avatar",
  ),
  frame("authed", { expires_at: Time }, "The socket has taken the token of your `auth`, which ends then"),
  frame("kicked", { reason: KickReason }, "The server then closes the socket with 4001"),
]);
export type ConversationEventFrame = z.infer<typeof ConversationEventFrame>;

export const RefusedFrame = frame(
  "refused",
  {
    code: ProblemCode,
    detail: z.string(),
    errors: Problem.shape.errors,
    retry_after: RetryAfter.optional(),
  },
  "To a page, as the first and only frame: the socket cannot be opened",
).openapi({ example: { type: "refused", code: "rate_limited", detail: "Too many calls.", retry_after: 60 } });
/** The reason for which a socket of a page is closed before it opened. */
export type RefusedFrame = z.infer<typeof RefusedFrame>;

/** What both kinds of socket send. */
export const SharedFrames = [
  RefusedFrame,
  AckFrame,
  AcksFrame,
  MessageFrame,
  MessagesFrame,
  ChangedFrame,
  ...ConversationEventFrame.options,
  ErrorFrame,
] as const;

/** What every `ready` has. */
export const Ready = { user_id: UserId, session_id: SessionId };

/** Every frame of the server on a room socket, but the bare word `pong`. */
export const RoomServerFrame = z
  .union([
    frame(
      "ready",
      {
        ...{ ...Ready, ...About, last_seq: Position, read_seq: Position, rev: Rev },
        role: z.literal("viewer").optional().openapi({
          description: "You look at an audience room without being a member. Absent: you are one",
        }),
      },
      "The first frame",
      "Room",
    ),
    ...SharedFrames,
  ])
  .openapi("RoomServerFrame", {
    description:
      "What the server sends on a room socket. `type` selects the fields. Ignore types that you do not know",
  });
export type RoomServerFrame = z.infer<typeof RoomServerFrame>;
