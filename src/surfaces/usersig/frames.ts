import { Hono } from "hono";
import { z } from "zod";
import { openDeviceSocket } from "../../core/sockets.ts";
import { UNREAD } from "../../domain/conversations/read-status.ts";
import { attempt, CoreError, type Failure } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { EventNames, Settings } from "../../domain/settings.ts";
import { type EncodedMessage, EncodedPart } from "../../domain/sync/encoded-message.ts";
import type { MessageContext } from "../../domain/sync/message-context.ts";
import type { DeviceCommand, DeviceProtocol } from "../../domain/sync/socket-protocol.ts";
import { isAllowedPage, isForeignPage } from "../../http/access/origin.ts";
import { countCost } from "../../http/access/rate-limit.ts";
import { closeCodeOf, closedSocket, isUpgrade, requireSocket } from "../../http/access/upgrade.ts";
import type { AppEnv } from "../../http/env.ts";
import { checked } from "../../http/fields.ts";
import { parseJson, requireSound } from "../../http/json.ts";
import { zonedTime } from "../../lib/time-zone.ts";
import { identifyAs } from "./auth.ts";
import { ContentType, readContent } from "./content.ts";
import { failureOf } from "./errors.ts";
import { optional, sessionId } from "./schemas.ts";
import { serializeContext, serializeLog } from "./serialize.ts";

const LogoutFrame = z.object({ type: z.literal("LOGOUT") });
const SendFrame = z.object({
  to_session: sessionId,
  content: z.unknown().optional(),
  content_type: optional(ContentType.default("text")),
  client_msg_id: optional(z.string().min(1).max(LIMITS.clientMsgId).optional()),
});

/** What a frame of the server reports. */
type FrameType = "ready" | "kicked" | "sent" | "received" | "error";

/** The `type` of each frame, by the setting `USERSIG_EVENT_NAMES`. */
const TYPES: Record<EventNames, Record<FrameType, string>> = {
  document: {
    ...{ ready: "SDK_READY", kicked: "KICKED_OUT", error: "ERROR" },
    ...{ sent: "MESSAGE_SEND_SUCCESS", received: "MESSAGE_RECEIVED" },
  },
  django: {
    ...{ ready: "sdkStateReady", kicked: "kickedOut", error: "error" },
    ...{ sent: "onMessageSendSuccess", received: "onMessageReceived" },
  },
};

/** This API's frames of device sockets: each is one JSON object, and holds at most one message. */
export function usersigProtocol({
  timeZone,
  eventNames,
}: Pick<Settings, "timeZone" | "eventNames">): DeviceProtocol {
  const types = TYPES[eventNames];
  const events: Record<string, string> = {
    ready: JSON.stringify({ type: types.ready }),
    kicked: JSON.stringify({ type: types.kicked }),
  };
  return {
    decode: (frame) => attempt(() => toCommand(frame)),
    // Only two kinds of event are sent.
    event: ({ type }) => events[type] ?? null,
    name: "usersig",
    encode: (message) => sharedPart(message, timeZone),
    complete: (text, message, context) => frameFor(text, message, context, { types, timeZone }),
    messages: ([piece]) => String(piece),
    refused: (failure: Failure) => JSON.stringify({ type: types.error, ...failureOf(failure) }),
    maxMessagesPerFrame: 1,
    acks: null,
    supportsResume: false,
    survivesTokenExpiry: true,
    toleratesInvalidFrames: true,
  };
}

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
 * The frame of a message for one user: a confirmation for its sender's devices, a delivery for others. The
 * conversation is in it twice, as the document has it beside the log and a public server in the log.
 * @param text what `sharedPart` made
 * @returns null for a revoked message of another user: no frame is sent
 */
function frameFor(
  text: EncodedPart,
  { senderId, revoked, createdAt }: EncodedMessage,
  context: MessageContext,
  { types, timeZone }: { types: Record<FrameType, string>; timeZone: string },
): EncodedPart | null {
  const isOwn = senderId === context.userId;
  if (revoked && !isOwn) return null;
  const type = JSON.stringify(isOwn ? types.sent : types.received);
  const session = JSON.stringify(serializeContext(context, timeZone));
  // `have_read` is about the receiver in a group: senders have read their own messages.
  const hasRead = isOwn && context.kind === "group";
  const reading = JSON.stringify({
    have_read: hasRead,
    read_time: hasRead ? zonedTime(createdAt, timeZone) : "",
  }).slice(1, -1);
  return EncodedPart.parse(`{"type":${type},"session":${session},${text},${reading},"session":${session}}}`);
}

/** The key of this device protocol in `src/worker.ts`. */
const PROTOCOL = "usersig";

/** The close codes and reasons of a refused socket. */
const CLOSE = {
  foreignSig: { code: 4003, reason: "user_sig" },
  unknownUser: { code: 4004, reason: "user_id" },
  foreignPage: { code: 4403, reason: "origin" },
} as const;

export const socket = new Hono<AppEnv>({ strict: false });

/** 聊天 */
socket.get("/ws/chat/:user_id/:user_sig", async (c) => {
  const { core } = c.var;
  requireSocket(core.settings, c.req);
  const { user_id, user_sig } = c.req.param();
  const caller = await identifyAs(c, user_id, user_sig);
  await countCost(c, caller.userId, "page");
  return openDeviceSocket(core, { ...caller, protocol: PROTOCOL, subprotocol: undefined });
});

// Clients of this API expect an upgrade that closes at once, with a code, instead of an HTTP error.
socket.onError((error, c) => {
  if (!(error instanceof CoreError)) throw error;
  if (isUpgrade(c.req) && isForeignPage(c.var.core.settings, c.req.raw))
    return closedSocket(CLOSE.foreignPage);
  if (error.code === "not_found" || error.data?.gone) return closedSocket(CLOSE.unknownUser);
  if (error.code === "unauthenticated") return closedSocket(CLOSE.foreignSig);
  // A page sees no answer over HTTP, only that the connection failed.
  if (!isUpgrade(c.req) || !isAllowedPage(c.var.core.settings, c.req.raw)) throw error;
  return closedSocket({ code: closeCodeOf(failureOf(error.toFailure()).code), reason: error.code });
});
