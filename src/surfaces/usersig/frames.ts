import { z } from "zod";
import { UNREAD } from "../../domain/conversations/read-status.ts";
import { attempt, type Failure } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Settings } from "../../domain/settings.ts";
import { type EncodedMessage, EncodedPart } from "../../domain/sync/encoded-message.ts";
import type { MessageContext } from "../../domain/sync/message-context.ts";
import type { DeviceCommand, DeviceProtocol } from "../../domain/sync/socket-protocol.ts";
import { checked } from "../../http/fields.ts";
import { parseJson, requireSound } from "../../http/json.ts";
import { zonedTime } from "../../lib/time-zone.ts";
import { ContentType, readContent } from "./content.ts";
import { failureOf } from "./errors.ts";
import { sessionId } from "./schemas.ts";
import { serializeContext, serializeLog } from "./serialize.ts";

const LogoutFrame = z.object({ type: z.literal("LOGOUT") });
const SendFrame = z.object({
  to_session: sessionId,
  content: z.unknown().optional(),
  content_type: ContentType.default("text"),
  client_msg_id: z.string().min(1).max(LIMITS.clientMsgId).optional(),
});

/** This API's frames of device sockets: each is one JSON object, and holds at most one message. */
export function usersigProtocol({ timeZone }: Pick<Settings, "timeZone">): DeviceProtocol {
  return {
    decode: (frame) => attempt(() => toCommand(frame)),
    event: ({ type }) => EVENT_FRAMES[type] ?? null,
    name: "usersig",
    encode: (message) => sharedPart(message, timeZone),
    complete: (text, message, context) => frameFor(text, message, context, timeZone),
    messages: ([piece]) => String(piece),
    refused: (failure: Failure) => JSON.stringify({ type: "ERROR", ...failureOf(failure) }),
    maxMessagesPerFrame: 1,
    acks: null,
    supportsResume: false,
    survivesTokenExpiry: true,
    toleratesInvalidFrames: true,
  };
}

/** The frames of events: only two kinds of event are sent. */
const EVENT_FRAMES: Record<string, string> = {
  ready: JSON.stringify({ type: "SDK_READY" }),
  kicked: JSON.stringify({ type: "KICKED_OUT" }),
};

/**
 * A frame as a command.
 * @throws `validation_failed`
 */
function toCommand(frame: string): DeviceCommand {
  const value = parseJson(frame, "frame");
  requireSound(value, "frame");
  if (LogoutFrame.safeParse(value).success) return { type: "leave" };
  const { to_session, content = "", content_type, client_msg_id: clientMsgId } = checked(SendFrame, value);
  const draft = { clientMsgId, quoteSeq: undefined, mentions: [], ...readContent(content, content_type) };
  return {
    type: "send",
    items: [{ clientMsgId, send: { ok: true, value: { conversationId: to_session, draft } } }],
  };
}

/**
 * The part of a message's frame that all users get: the end of a JSON object whose last field, `chat_log`, is
 * left open.
 * @returns null for a system message: no frame is sent
 */
function sharedPart(message: Message, timeZone: string): EncodedPart | null {
  if (message.kind === "tip") return null;
  const { have_read: _, read_time: __, ...log } = serializeLog({ message, reading: UNREAD }, timeZone);
  const fields = JSON.stringify({ content: log.content, sender: log.sender, chat_log: log });
  return EncodedPart.parse(fields.slice(1, -2));
}

/**
 * The frame of a message for one user: a confirmation for its sender's devices, a delivery for others.
 * @param text what `sharedPart` made
 * @returns null for a revoked message of another user: no frame is sent
 */
function frameFor(
  text: EncodedPart,
  { senderId, revoked, createdAt }: EncodedMessage,
  context: MessageContext,
  timeZone: string,
): EncodedPart | null {
  const isOwn = senderId === context.userId;
  if (revoked && !isOwn) return null;
  const type = isOwn ? "MESSAGE_SEND_SUCCESS" : "MESSAGE_RECEIVED";
  const start = JSON.stringify({ type, session: serializeContext(context, timeZone) }).slice(0, -1);
  // `have_read` is about the receiver in a group: senders have read their own messages.
  const hasRead = isOwn && context.kind === "group";
  const reading = { have_read: hasRead, read_time: hasRead ? zonedTime(createdAt, timeZone) : "" };
  return EncodedPart.parse(`${start},${text},${JSON.stringify(reading).slice(1)}}`);
}
