import { z } from "@hono/zod-openapi";
import { attempt, CoreError } from "../../../domain/errors.ts";
import { ConversationId } from "../../../domain/ids.ts";
import type { RoomCommand, RoomEvent, RoomProtocol, SendItem } from "../../../domain/sync/socket-protocol.ts";
import { parseJson, requireSound } from "../../../http/json.ts";
import { Auth, RoomFrameType, RoomRead, RoomSync, Sends } from "./client.ts";
import { checked, clientMsgIdOf, draftOf } from "./decode.ts";
import { deviceProtocol } from "./device.ts";
import { conversationEvent, encoding } from "./encode.ts";
import type { RoomServerFrame } from "./server.ts";

/** A frame may name its conversation, which must be the socket's. */
const Addressed = z.object({ conversation_id: z.unknown().optional() });
const Address = z.object({ conversation_id: ConversationId });

/** v1's frames of room sockets: text frames, one JSON object each. */
export const roomProtocol: RoomProtocol = {
  ...encoding,
  deviceProtocol: deviceProtocol.name,
  decode: (frame, conversationId) => attempt(() => toCommand(frame, conversationId)),
  event: (event) => JSON.stringify(wireEvent(event)),
};

/**
 * A frame as a command.
 * @throws `validation_failed`, `not_found`, which refuse the frame as a whole
 */
function toCommand(frame: string, room: ConversationId): RoomCommand {
  const value = parseJson(frame, "frame");
  const { type } = checked(RoomFrameType, value);
  if (type === "send") return { type, items: [sendItem(value, room)] };
  requireRoom(value, room);
  if (type === "sends") {
    const { items } = checked(Sends, value);
    return { type: "send", items: items.map((item) => sendItem(item, room)) };
  }
  requireSound(value, "frame");
  switch (type) {
    case "read":
      return { type, seq: checked(RoomRead, value).seq };
    case "typing":
      return { type };
    case "sync": {
      const { after, rev } = checked(RoomSync, value);
      return { type, after, rev };
    }
    case "auth":
      return { type, token: checked(Auth, value).token };
  }
}

/**
 * One send of a frame. An invalid send, or an invalid address, is an error of this item alone, with its
 * client message id if it has one.
 */
function sendItem(value: unknown, room: ConversationId): SendItem {
  const draft = attempt(() => {
    requireRoom(value, room);
    return draftOf(value);
  });
  return { draft, clientMsgId: draft.ok ? draft.value.clientMsgId : clientMsgIdOf(value) };
}

/**
 * Checks that a frame names no other conversation.
 * @throws `not_found`, `validation_failed`
 */
function requireRoom(value: unknown, room: ConversationId): void {
  const id = Addressed.safeParse(value).data?.conversation_id;
  if (id === undefined || id === room) return;
  const { conversation_id } = checked(Address, { conversation_id: id });
  throw new CoreError("not_found", `This socket is of conversation ${room}, not of ${conversation_id}.`);
}

function wireEvent(event: RoomEvent): RoomServerFrame {
  if (event.type !== "ready") return conversationEvent(event);
  return {
    type: "ready",
    user_id: event.userId,
    session_id: event.sessionId,
    conversation_id: event.conversationId,
    last_seq: event.lastSeq,
    read_seq: event.readSeq,
    rev: event.rev,
    role: event.isViewer && "viewer",
  };
}
