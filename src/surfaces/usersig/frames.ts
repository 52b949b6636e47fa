import { z } from "zod";
import { UNREAD } from "../../domain/conversations/read-status.ts";
import { attempt, type Failure } from "../../domain/errors.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Message } from "../../domain/messages/message.ts";
import type { Settings } from "../../domain/settings.ts";
import type { MessageContext } from "../../domain/sync/message-context.ts";
import { type DeviceCommand, type DeviceProtocol, EncodedPart } from "../../domain/sync/socket-protocol.ts";
import { checked } from "../../http/fields.ts";
import { parseJson, requireSound } from "../../http/json.ts";
import { ContentType, readContent } from "./content.ts";
import { failureOf } from "./errors.ts";
import { sessionId } from "./schemas.ts";
import { serializeLog, serializeScene } from "./serialize.ts";

const Leaving = z.object({ type: z.literal("LOGOUT") });
const Sending = z.object({
  to_session: sessionId,
  content: z.unknown().optional(),
  content_type: ContentType.default("text"),
  client_msg_id: z.string().min(1).max(LIMITS.clientMsgId).optional(),
});

/** The frames of this API's sockets: each is one JSON object, and each message has one of its own. */
export function usersigProtocol({ timeZone }: Pick<Settings, "timeZone">): DeviceProtocol {
  return {
    decode: (frame) => attempt(() => command(frame)),
    event: ({ type }) => WORDS[type] ?? null,
    message: (message, scene) => (scene ? told(message, scene, timeZone) : null),
    messages: ([piece]) => String(piece),
    refused: (failure: Failure) => JSON.stringify({ type: "ERROR", ...failureOf(failure) }),
    perFrame: 1,
    acks: null,
    wantsContext: true,
    supportsResume: false,
    survivesTokenExpiry: true,
    toleratesInvalidFrames: true,
  };
}

/** Of all that happens two things are told. */
const WORDS: Record<string, string> = {
  ready: JSON.stringify({ type: "SDK_READY" }),
  kicked: JSON.stringify({ type: "KICKED_OUT" }),
};

function command(frame: string): DeviceCommand {
  const value = parseJson(frame, "frame");
  requireSound(value, "frame");
  if (Leaving.safeParse(value).success) return { type: "leave" };
  const { to_session, content = "", content_type, client_msg_id: clientMsgId } = checked(Sending, value);
  const draft = { clientMsgId, quoteSeq: undefined, mentions: [], ...readContent(content, content_type) };
  return {
    type: "send",
    items: [{ clientMsgId, send: { ok: true, value: { conversationId: to_session, draft } } }],
  };
}

/** A message as its sender's devices are told of it, or those of others; tips and what is revoked already are not told. */
function told(message: Message, scene: MessageContext, timeZone: string): EncodedPart | null {
  const isOwn = message.sender.id === scene.userId;
  if (message.kind === "tip" || (message.revoked && !isOwn)) return null;
  // In a group it is the one who is told of whom it says that he has read it.
  const hasRead = isOwn && scene.kind === "group";
  const reading = hasRead ? { read: true, at: message.createdAt } : UNREAD;
  const log = serializeLog({ message, reading }, timeZone);
  const { content, sender } = log;
  const type = isOwn ? "MESSAGE_SEND_SUCCESS" : "MESSAGE_RECEIVED";
  const session = serializeScene(scene, timeZone);
  return EncodedPart.parse(JSON.stringify({ type, content, session, sender, chat_log: log }));
}
