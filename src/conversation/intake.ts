import type { Failure, Result } from "../core/errors.ts";
import type { ConversationId } from "../core/ids.ts";
import type { Command, RoomProtocol } from "../core/protocol.ts";
import { exceedsBytes } from "../core/text.ts";
import { TOO_FAST } from "../object/frame-rate.ts";
import { CLOSE, type RoomSocket } from "./socket.ts";

const MAX_FRAME_BYTES = 64 * 1024;

/** How the frames of a room are read: in which wire format, and whether they are counted. */
export interface Intake {
  protocol: RoomProtocol;
  conversationId: ConversationId;
  rateLimits: boolean;
}

/**
 * Reads a frame: its size, its format, and whether the socket may send so much. What is wrong with it is
 * told to the socket, or closes it. Of several sends in one frame the first may be within the rate and
 * the rest not.
 * @returns what is to be done; null for nothing
 */
export function readFrame(intake: Intake, socket: RoomSocket, data: string | ArrayBuffer): Command | null {
  if (isTooLarge(data)) {
    socket.close(CLOSE.tooLarge);
    return null;
  }
  const { protocol, conversationId } = intake;
  const decoded: Result<Command> = typeof data === "string" ? protocol.decode(data, conversationId) : BINARY;
  const items = decoded.ok && decoded.value.type === "send" ? decoded.value.items : null;
  const count = items?.length ?? 1;
  const granted = intake.rateLimits ? socket.rate.take(count) : count;
  if (socket.rate.isFarOver) {
    socket.close(CLOSE.tooFast);
    return null;
  }
  if (granted < count) {
    for (const item of items?.slice(granted) ?? [null]) {
      socket.send(protocol.refused(TOO_FAST, item?.clientMsgId));
    }
  }
  if (granted === 0) return null;
  if (!decoded.ok) {
    socket.send(protocol.refused(decoded, undefined));
    socket.invalid();
    return null;
  }
  return items ? { type: "send", items: items.slice(0, granted) } : decoded.value;
}

function isTooLarge(data: string | ArrayBuffer): boolean {
  return typeof data === "string" ? exceedsBytes(data, MAX_FRAME_BYTES) : data.byteLength > MAX_FRAME_BYTES;
}

const BINARY: Failure = {
  ok: false,
  code: "validation_failed",
  detail: "Frames are text: one JSON object each.",
};
