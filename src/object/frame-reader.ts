import type { Failure, Result } from "../domain/errors.ts";
import type { DeviceCommand, RefusalContext, RoomCommand } from "../domain/sync/socket-protocol.ts";
import { exceedsBytes } from "../domain/text.ts";
import type { Timing } from "../domain/timing.ts";
import { tooFast } from "./frame-rate.ts";
import { CLOSE, type HibernatingSocket, type SocketAttachment } from "./hibernating-socket.ts";

const MAX_FRAME_BYTES = 64 * 1024;

/** How frames are read: in which wire format, and whether they are counted. */
export interface FrameReader<Asked> {
  decode(frame: string): Result<Asked>;
  refuse(failure: Failure, about?: RefusalContext): string;
  rateLimits: boolean;
  frameRate: Timing["frameRate"];
}

/**
 * Reads a frame: its size, its format, and whether the socket may send so much. What is wrong with it is
 * told to the socket, or closes it.
 * @returns what is asked, and how many sends (or conversations to sync) of it, the first ones, are within the
 *   rate; null for nothing
 */
export function readFrame<Asked extends RoomCommand | DeviceCommand>(
  intake: FrameReader<Asked>,
  socket: HibernatingSocket<SocketAttachment>,
  data: string | ArrayBuffer,
): { command: Asked; granted: number } | null {
  if (isTooLarge(data)) {
    socket.close(CLOSE.tooLarge);
    return null;
  }
  const decoded = typeof data === "string" ? intake.decode(data) : BINARY;
  const parts = decoded.ok ? partsOf(decoded.value) : [{}];
  const count = parts.length;
  const granted = intake.rateLimits ? socket.rate.take(count, intake.frameRate) : count;
  if (socket.rate.isAbused) {
    socket.close(CLOSE.tooFast);
    return null;
  }
  if (granted < count) {
    const refusal = tooFast(intake.frameRate);
    for (const about of parts.slice(granted)) socket.send(intake.refuse(refusal, about));
  }
  if (granted === 0) return null;
  if (!decoded.ok) {
    socket.send(intake.refuse(decoded));
    socket.invalid();
    return null;
  }
  return { command: decoded.value, granted };
}

/** What is counted each by itself: the sends of a frame, and the conversations that one syncs. */
function partsOf(command: RoomCommand | DeviceCommand): RefusalContext[] {
  if (command.type === "send") return command.items.map(({ clientMsgId }) => ({ clientMsgId }));
  if (command.type === "sync" && "items" in command)
    return command.items.map(({ conversationId }) => ({ conversationId }));
  return [{}];
}

function isTooLarge(data: string | ArrayBuffer): boolean {
  return typeof data === "string" ? exceedsBytes(data, MAX_FRAME_BYTES) : data.byteLength > MAX_FRAME_BYTES;
}

const BINARY: Failure = {
  ok: false,
  code: "validation_failed",
  detail: "Frames are text: one JSON object each.",
};
