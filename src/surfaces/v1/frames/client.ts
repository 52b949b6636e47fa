import { z } from "@hono/zod-openapi";
import { ConversationId, Position } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { textUpTo } from "../../../domain/text.ts";
import { ClientMsgId, NewMessage } from "../messages/new-message.ts";

/** The most sends of one frame. */
const MAX_SENDS = 100;

/** The most conversations of one `sync`. */
const MAX_POINTS = 100;

/** The type, which every frame of a room socket has. */
export const RoomFrameType = z.object({ type: z.enum(["send", "sends", "read", "typing", "sync", "auth"]) });
/** The type of a frame of a device socket: `focus` and `draft_text` are of device sockets alone. */
export const DeviceFrameType = z.object({
  type: z.enum([...RoomFrameType.shape.type.options, "focus", "draft_text"]),
});

/** A frame with several sends. Each item is checked by itself, so that one invalid send refuses no other. */
export const Sends = z.object({ items: z.array(z.unknown()).min(1).max(MAX_SENDS) });

/** The sync position of one conversation. */
const SyncFields = z.object({ after: Position, rev: z.int().nonnegative().optional() });

/** Documents the items that `Sends` leaves open. */
function several<Item extends z.ZodType>(item: Item) {
  return z.array(item).min(1).max(MAX_SENDS);
}

/** The characters of a token: those of this server have some 200. */
const MAX_TOKEN = 4_096;

export const Auth = z
  .object({ type: z.literal("auth"), token: z.string().min(1).max(MAX_TOKEN) })
  .openapi("AuthFrame", {
    description:
      "A newer token of yours: the socket stays open until that ends, and belongs to its session; answered by `authed` or `error`",
  });

// Room sockets. A frame may name its conversation, which must be the socket's.
const OwnConversation = z.object({
  conversation_id: ConversationId.optional().openapi({ description: "This conversation, or absent" }),
});

const RoomSend = z
  .object({ type: z.literal("send"), ...OwnConversation.shape })
  .and(NewMessage)
  .openapi("RoomSendFrame", { description: "Sends a message; answered by `ack` or `error`" });

const RoomSends = z
  .object({
    type: z.literal("sends"),
    ...OwnConversation.shape,
    items: several(OwnConversation.and(NewMessage)),
  })
  .openapi("RoomSendsFrame", { description: "Several sends, in order; each is stored or refused by itself" });

export const RoomRead = z
  .object({ type: z.literal("read"), ...OwnConversation.shape, seq: Position })
  .openapi("RoomReadFrame", { description: "Moves the read position; answered if it is refused" });

const RoomTyping = z
  .object({ type: z.literal("typing"), ...OwnConversation.shape })
  .openapi("RoomTypingFrame", { description: "The user is typing; one a second is passed on" });

export const RoomSync = z
  .object({ type: z.literal("sync"), ...OwnConversation.shape, ...SyncFields.shape })
  .openapi("RoomSyncFrame", {
    description: "Asks for a page of replay; answered by the page, then `synced`",
  });

/** Every frame of a client on a room socket, but the bare word `ping`. */
export const RoomClientFrame = z
  .union([RoomSend, RoomSends, RoomRead, RoomTyping, RoomSync, Auth])
  .openapi("RoomClientFrame", {
    description: "What a client sends on a room socket. `type` selects the fields",
  });

// Device sockets cover all conversations, so each frame names its own.

/** The conversation of a frame of a device socket. */
export const Address = z.object({
  conversation_id: z
    .unknown()
    .refine((id) => id !== undefined, "must say which conversation: this socket is of all of yours")
    .pipe(ConversationId)
    .openapi({ type: "integer", minimum: 1 }),
});

const DeviceSend = z
  .object({ type: z.literal("send"), ...Address.shape })
  .and(NewMessage)
  .openapi("DeviceSendFrame", { description: "Sends a message; answered by `ack` or `error`" });

const DeviceSends = z
  .object({ type: z.literal("sends"), items: several(Address.and(NewMessage)) })
  .openapi("DeviceSendsFrame", {
    description: "Several sends, in order per conversation; each is stored or refused by itself",
  });

export const DeviceRead = z
  .object({ type: z.literal("read"), ...Address.shape, seq: Position })
  .openapi("DeviceReadFrame", { description: "Moves the read position; answered if it is refused" });

export const DeviceTyping = z
  .object({ type: z.literal("typing"), ...Address.shape })
  .openapi("DeviceTypingFrame", { description: "The user is typing; one a second is passed on" });

/** The sync position in one conversation. */
export const SyncPosition = z.object({ ...Address.shape, ...SyncFields.shape }).openapi("SyncPosition");

/** The sync positions in several conversations. */
export const SyncPositions = z.object({
  items: z
    .array(SyncPosition)
    .min(1)
    .max(MAX_POINTS)
    .refine(
      (items) => new Set(items.map((item) => item.conversation_id)).size === items.length,
      "name each conversation once",
    ),
});

const DeviceSync = z.object({ type: z.literal("sync"), ...SyncPosition.shape }).openapi("DeviceSyncFrame", {
  description: "Asks for a page of replay; answered by the page, then `synced`",
});

const DeviceSyncs = z
  .object({ type: z.literal("sync"), ...SyncPositions.shape })
  .openapi("DeviceSyncsFrame", { description: "The same for several conversations, each named once" });

export const DeviceFocus = z
  .object({
    type: z.literal("focus"),
    conversation_id: z
      .unknown()
      .refine((id) => id !== undefined, "must say which conversation you show, or null")
      .pipe(ConversationId.nullable())
      .openapi({ type: ["integer", "null"], minimum: 1 }),
  })
  .openapi("DeviceFocusFrame", {
    description:
      "The conversation that the client shows over its room socket, or null; answered by `focused`",
  });

export const DeviceDraftText = z
  .object({
    type: z.literal("draft_text"),
    ...Address.shape,
    stream: z.string().min(1).max(LIMITS.clientMsgId).openapi({
      description: "Your own id of the message that you are making",
    }),
    text: textUpTo(LIMITS.textLength).openapi({ description: "The whole text so far" }),
    end: z.boolean().optional().openapi({
      description: "True: the text is sent as a message; answered by `ack` or `error`",
    }),
    client_msg_id: ClientMsgId.optional().openapi({ description: "With `end`; absent: the `stream`" }),
  })
  .openapi("DeviceDraftTextFrame", {
    description:
      "For bots: shows what you have written so far, five times a second at most; answered if it is refused. Where rules or a hook of the server look at messages, nobody sees it before the end",
  });

/** Every frame of a client on a device socket, but the bare word `ping`. */
export const DeviceClientFrame = z
  .union([
    DeviceSend,
    DeviceSends,
    DeviceRead,
    DeviceTyping,
    DeviceSync,
    DeviceSyncs,
    DeviceFocus,
    DeviceDraftText,
    Auth,
  ])
  .openapi("DeviceClientFrame", {
    description: "What a client sends on a device socket. `type` selects the fields",
  });
