import { z } from "@hono/zod-openapi";
import { CoreError, type Result } from "../../core/errors.ts";
import { ConversationId, Position } from "../../core/ids.ts";
import type { AnyDraft } from "../../core/message.ts";
import {
  type Command,
  Piece,
  type RoomEvent,
  type RoomProtocol,
  type SendItem,
} from "../../core/protocol.ts";
import { parseJson, requireSound } from "../../http/json.ts";
import { wireCode } from "./errors.ts";
import { ClientMsgId, NewMessage } from "./schemas/messages.ts";
import { serializeConversation } from "./serialize/conversations.ts";
import { messageJson, toDraft } from "./serialize/messages.ts";

const MAX_SENDS = 64;

/** What every frame says; on a room socket the conversation may be left out, but not be another one. */
const Frame = z.object({
  type: z.enum(["send", "sends", "read", "typing", "sync"]),
  conversation_id: z.unknown().optional(),
});
const Sends = z.object({ items: z.array(z.unknown()).min(1).max(MAX_SENDS) });
const Read = z.object({ seq: Position });
const Sync = z.object({ after: Position, rev: z.int().nonnegative().optional() });
const Addressed = z.object({ conversation_id: z.unknown().optional() });
const Address = z.object({ conversation_id: ConversationId });
const Identified = z.object({ client_msg_id: ClientMsgId });

/** The frames of v1's room sockets. Text frames, one JSON object each. */
export const roomProtocol: RoomProtocol = {
  decode: (frame, conversationId) => attempt(() => command(frame, conversationId)),
  message: (message) => Piece.parse(messageJson(message)),
  ack: (conversationId, { seq, createdAt }, clientMsgId) =>
    Piece.parse(
      JSON.stringify({
        type: "ack",
        client_msg_id: clientMsgId,
        conversation_id: conversationId,
        seq,
        created_at: createdAt,
      }),
    ),
  messages: (pieces) =>
    pieces.length === 1
      ? `{"type":"message","message":${pieces[0]}}`
      : `{"type":"messages","items":[${pieces.join(",")}]}`,
  acks: (pieces) =>
    pieces.length === 1 ? String(pieces[0]) : `{"type":"acks","items":[${pieces.join(",")}]}`,
  event: (event) => JSON.stringify(wireEvent(event)),
  refused: ({ code, detail, data }, clientMsgId) =>
    JSON.stringify({
      type: "error",
      code: wireCode(code),
      detail,
      muted_until: data?.mutedUntil,
      client_msg_id: clientMsgId,
    }),
};

function command(frame: string, room: ConversationId): Command {
  const value = parseJson(frame, "frame");
  const { type, conversation_id } = checked(Frame, value);
  if (type === "send") return { type, items: [sendItem(value, conversation_id, room)] };
  requireRoom(conversation_id, room);
  if (type === "sends") {
    const { items } = checked(Sends, value);
    return { type: "send", items: items.map((item) => sendItem(item, addressOf(item), room)) };
  }
  requireSound(value, "frame");
  switch (type) {
    case "read":
      return { type, seq: checked(Read, value).seq };
    case "typing":
      return { type };
    case "sync": {
      const { after, rev } = checked(Sync, value);
      return { type, after, rev };
    }
  }
}

/** One send; what is wrong with it, its address too, is told of it with its client id where it has one. */
function sendItem(value: unknown, named: unknown, room: ConversationId): SendItem {
  const draft = attempt<AnyDraft>(() => {
    requireRoom(named, room);
    requireSound(value, "message");
    return toDraft(checked(NewMessage, value));
  });
  const clientMsgId = draft.ok ? draft.value.clientMsgId : Identified.safeParse(value).data?.client_msg_id;
  return { draft, clientMsgId };
}

function addressOf(item: unknown): unknown {
  return Addressed.safeParse(item).data?.conversation_id;
}

function requireRoom(named: unknown, room: ConversationId): void {
  if (named === undefined || named === room) return;
  const { conversation_id } = checked(Address, { conversation_id: named });
  throw new CoreError("not_found", `This socket is of conversation ${room}, not of ${conversation_id}.`);
}

function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const detail = errors
    .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
    .join("; ");
  throw new CoreError("validation_failed", detail, { errors });
}

function attempt<T>(work: () => T): Result<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    if (error instanceof CoreError) return error.toFailure();
    throw error;
  }
}

function wireEvent(event: RoomEvent): Record<string, unknown> {
  switch (event.type) {
    case "ready":
      return {
        type: "ready",
        user_id: event.userId,
        session_id: event.sessionId,
        conversation_id: event.conversationId,
        last_seq: event.lastSeq,
        read_seq: event.readSeq,
        rev: event.rev,
      };
    case "synced":
      return {
        type: "synced",
        conversation_id: event.conversationId,
        last_seq: event.lastSeq,
        rev: event.rev,
        has_more: event.hasMore,
      };
    case "read":
      return { type: "read", conversation_id: event.conversationId, user_id: event.userId, seq: event.seq };
    case "typing":
      return { type: "typing", conversation_id: event.conversationId, user_id: event.userId };
    case "revoked": {
      const { seq, by, rev } = event;
      return { type: "revoked", conversation_id: event.conversationId, seq, by, rev };
    }
    case "hidden":
      return { type: "hidden", conversation_id: event.conversationId, seq: event.seq, rev: event.rev };
    case "conversation":
      return { type: "conversation", conversation: serializeConversation(event.conversation) };
    case "member": {
      const { event: happened, userIds } = event;
      return { type: "member", conversation_id: event.conversationId, event: happened, user_ids: userIds };
    }
    case "kicked":
      return { type: "kicked", reason: event.reason };
  }
}
