import type { Failure, Result } from "../domain/errors.ts";
import type { DeviceCommand, RefusalContext, RoomCommand } from "../domain/sync/socket-protocol.ts";
import { exceedsBytes } from "../domain/text.ts";
import type { Timing } from "../domain/timing.ts";
import { tooFast } from "./frame-rate.ts";
import { CLOSE, type HibernatingSocket, type SocketAttachment } from "./hibernating-socket.ts";

const MAX_FRAME_BYTES = 64 * 1024;

/** How frames are read: the wire format, and whether a rate limit applies. */
export interface FrameReader<Command> {
  decode(frame: string): Result<Command>;
  refuse(failure: Failure, about?: RefusalContext): string;
  rateLimits: boolean;
  frameRate: Timing["frameRate"];
}

/**
 * Reads one frame: checks its size, its rate and its format. Refusals are sent to the socket. A frame over 64
 * KiB, a rate of more than twice the limit, or ten invalid frames in a row close it.
 * @returns the command, and how many of its sends (or conversations to sync), from the first on, are within
 *   the rate; null if nothing of the frame is to be carried out
 */
export function readFrame<Command extends RoomCommand | DeviceCommand>(
  reader: FrameReader<Command>,
  socket: HibernatingSocket<SocketAttachment>,
  data: string | ArrayBuffer,
): { command: Command; granted: number } | null {
  if (isTooLarge(data)) {
    socket.close(CLOSE.tooLarge);
    return null;
  }
  const decoded = typeof data === "string" ? reader.decode(data) : BINARY;
  const parts = decoded.ok ? partsOf(decoded.value) : [{}];
  const count = parts.length;
  const granted = reader.rateLimits ? socket.rate.take(count, reader.frameRate) : count;
  if (socket.rate.isAbused) {
    socket.close(CLOSE.tooFast);
    return null;
  }
  if (granted < count) {
    const refusal = tooFast(reader.frameRate);
    for (const about of parts.slice(granted)) socket.send(reader.refuse(refusal, about));
  }
  if (granted === 0) return null;
  if (!decoded.ok) {
    socket.send(reader.refuse(decoded));
    socket.invalid();
    return null;
  }
  return { command: decoded.value, granted };
}

/**
 * The parts of a command that the rate limit counts one by one: its sends, or the conversations that it
 * syncs.
 */
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
