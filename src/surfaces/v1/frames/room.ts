import { z } from "@hono/zod-openapi";
import { attempt, CoreError } from "../../../domain/errors.ts";
import { ConversationId } from "../../../domain/ids.ts";
import type { RoomCommand, RoomEvent, RoomProtocol, SendItem } from "../../../domain/sync/socket-protocol.ts";
import { parseJson, requireSound } from "../../../http/json.ts";
import { checked, clientMsgIdOf, draftOf, Frame, Read, Sends, Sync } from "./decode.ts";
import { conversationEvent, encoding } from "./encode.ts";

/** The conversation may be left out, but not be another one. */
const Addressed = z.object({ conversation_id: z.unknown().optional() });
const Address = z.object({ conversation_id: ConversationId });

/** The frames of v1's room sockets. Text frames, one JSON object each. */
export const roomProtocol: RoomProtocol = {
  ...encoding,
  decode: (frame, conversationId) => attempt(() => command(frame, conversationId)),
  event: (event) => JSON.stringify(wireEvent(event)),
};

function command(frame: string, room: ConversationId): RoomCommand {
  const value = parseJson(frame, "frame");
  const { type } = checked(Frame, value);
  if (type === "send") return { type, items: [sendItem(value, room)] };
  requireRoom(value, room);
  if (type === "sends") {
    const { items } = checked(Sends, value);
    return { type: "send", items: items.map((item) => sendItem(item, room)) };
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
function sendItem(value: unknown, room: ConversationId): SendItem {
  const draft = attempt(() => {
    requireRoom(value, room);
    return draftOf(value);
  });
  return { draft, clientMsgId: draft.ok ? draft.value.clientMsgId : clientMsgIdOf(value) };
}

function requireRoom(value: unknown, room: ConversationId): void {
  const named = Addressed.safeParse(value).data?.conversation_id;
  if (named === undefined || named === room) return;
  const { conversation_id } = checked(Address, { conversation_id: named });
  throw new CoreError("not_found", `This socket is of conversation ${room}, not of ${conversation_id}.`);
}

function wireEvent(event: RoomEvent): object {
  if (event.type !== "ready") return conversationEvent(event);
  return {
    type: "ready",
    user_id: event.userId,
    session_id: event.sessionId,
    conversation_id: event.conversationId,
    last_seq: event.lastSeq,
    read_seq: event.readSeq,
    rev: event.rev,
  };
}
