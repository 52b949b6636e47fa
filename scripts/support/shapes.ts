import { z } from "zod";

/** The parts of Parley's own API (v1) that the scripts read. Other fields are left out. */
export const User = z.object({ id: z.int(), username: z.string(), nickname: z.string() });
export type User = z.infer<typeof User>;

export const SignedIn = z.object({ token: z.string(), user: User });

/** A message as lists show it. */
export const LastMessage = z.object({
  conversation_id: z.int(),
  seq: z.int(),
  sender: User,
  kind: z.string(),
  body: z.object({ text: z.string().optional() }),
  revoked: z.boolean(),
  rev: z.int(),
  version: z.int(),
  pinned_at: z.int(),
  thread: z.object({ root: z.int(), also_in_main: z.boolean() }).optional(),
  thread_summary: z.object({ count: z.int(), last_seq: z.int() }).optional(),
  created_at: z.int(),
});
export type LastMessage = z.infer<typeof LastMessage>;

export const Message = z.object({
  ...LastMessage.shape,
  reactions: z.array(z.object({ key: z.string(), count: z.int(), user_ids: z.array(z.int()) })),
  mine: z.array(z.string()).optional(),
  poll: z.object({ counts: z.array(z.int()), voters: z.int(), closed_at: z.int() }).optional(),
  votes: z.array(z.int()).optional(),
});
export type Message = z.infer<typeof Message>;

export const Conversation = z.object({
  id: z.int(),
  kind: z.enum(["direct", "group"]),
  name: z.string(),
  last_message: LastMessage.nullable(),
  last_seq: z.int(),
  read_seq: z.int(),
  unread_count: z.int(),
  threads_unread: z.int(),
});
export type Conversation = z.infer<typeof Conversation>;

export const Conversations = z.object({
  items: z.array(Conversation),
  next_cursor: z.string().nullable(),
});

export const Page = z.object({ items: z.array(Message), has_more: z.boolean() });

export const Problem = z.object({ code: z.string(), detail: z.string() });

export const Ack = z.object({ client_msg_id: z.string(), seq: z.int() });
export type Ack = z.infer<typeof Ack>;

const Changed = z.object({
  type: z.literal("changed"),
  conversation_id: z.int(),
  rev: z.int(),
  items: z.array(Message),
});

/** The frames of a device socket that the scripts read. Others are skipped. */
export const DeviceFrame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ack"), ...Ack.shape }),
  z.object({ type: z.literal("acks"), items: z.array(Ack) }),
  z.object({ type: z.literal("message"), message: Message }),
  z.object({ type: z.literal("messages"), items: z.array(Message) }),
  z.object({
    type: z.literal("synced"),
    conversation_id: z.int(),
    last_seq: z.int(),
    rev: z.int(),
    has_more: z.boolean(),
  }),
  Changed,
  z.object({
    type: z.literal("scheduled"),
    event: z.string(),
    conversation_id: z.int(),
    seq: z.int().optional(),
  }),
  z.object({ type: z.literal("error"), code: z.string(), detail: z.string() }),
  z.object({ type: z.literal("kicked"), reason: z.string() }),
  z.object({
    type: z.enum([
      "ready",
      "read",
      "thread_read",
      "typing",
      "revoked",
      "hidden",
      "conversation",
      "draft",
      "member",
      "profile",
      "presence",
      "friend",
      "reminder",
      "reminder_seen",
    ]),
  }),
]);
export type DeviceFrame = z.infer<typeof DeviceFrame>;

/** The frames of a room socket that the scripts read. Others are skipped. */
export const Frame = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready"), last_seq: z.int(), rev: z.int() }),
  z.object({ type: z.literal("ack"), ...Ack.shape }),
  z.object({ type: z.literal("acks"), items: z.array(Ack) }),
  z.object({ type: z.literal("message"), message: Message }),
  z.object({ type: z.literal("messages"), items: z.array(Message) }),
  z.object({ type: z.literal("synced"), last_seq: z.int(), rev: z.int(), has_more: z.boolean() }),
  z.object({ type: z.literal("read"), user_id: z.int(), seq: z.int() }),
  Changed,
  z.object({ type: z.literal("revoked"), seq: z.int(), by: z.int(), rev: z.int() }),
  z.object({ type: z.literal("error"), code: z.string(), detail: z.string() }),
  z.object({ type: z.literal("kicked"), reason: z.string() }),
  z.object({ type: z.enum(["thread_read", "typing", "hidden", "conversation", "member", "profile"]) }),
]);
export type Frame = z.infer<typeof Frame>;
