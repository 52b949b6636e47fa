import type { Failure, Result } from "../domain/errors.ts";
import type { UserId } from "../domain/ids.ts";
import { LIMITS } from "../domain/limits.ts";
import type { DeviceCommand, RefusalContext, RoomCommand } from "../domain/sync/socket-protocol.ts";
import { bytesOf } from "../domain/text.ts";
import { CLOSE, type HibernatingSocket, type SocketAttachment } from "./hibernating-socket.ts";
import { type UserBudgets, weightOfBytes } from "./user-budgets.ts";

/** How frames are read: the wire format, and what their users may still send. */
export interface FrameReader<Command> {
  decode(frame: string): Result<Command>;
  /** null: the wire format has no refusals */
  refuse(failure: Failure, about?: RefusalContext): string | null;
  /** frames may be the bytes of a text, too; absent: they may not */
  takesBytes?: boolean | undefined;
  budgets: UserBudgets;
  /** closes all sockets of a user in this object */
  closeAll(userId: UserId, reason: readonly [number, string]): void;
}

/**
 * Reads one frame: charges its bytes, which have been inflated already, then checks its size, its user's
 * budget and its format. Refusals are sent to the socket. A frame over `LIMITS.writtenBytes`, which is not
 * parsed, a debt of a whole budget, or ten invalid frames in a row close it. A frame so large that its user
 * is in debt closes all their sockets.
 * @returns the command, and how many of its sends (or conversations to sync), from the first on, are within
 *   the budget; null if nothing of the frame is to be carried out
 */
export function readFrame<Command extends RoomCommand | DeviceCommand>(
  reader: FrameReader<Command>,
  socket: HibernatingSocket<SocketAttachment>,
  data: string | ArrayBuffer,
): { command: Command; granted: number } | null {
  const { budgets } = reader;
  const { userId } = socket;
  const refuse = (failure: Failure, about?: RefusalContext) => {
    const frame = reader.refuse(failure, about);
    if (frame !== null) socket.send(frame);
  };
  const bytes = typeof data === "string" ? bytesOf(data) : data.byteLength;
  budgets.charge(userId, weightOfBytes(bytes));
  if (bytes > LIMITS.writtenBytes) {
    refuse(TOO_LARGE);
    socket.close(CLOSE.tooLarge);
    if (budgets.isSpent(userId)) reader.closeAll(userId, CLOSE.tooFast);
    return null;
  }
  const closesForAbuse = () => {
    if (budgets.isAbused(userId)) socket.close(CLOSE.tooFast);
    return socket.isClosing;
  };
  if (closesForAbuse()) return null;
  const text = typeof data === "string" || !reader.takesBytes ? data : new TextDecoder().decode(data);
  const decoded = typeof text === "string" ? reader.decode(text) : BINARY;
  const parts = decoded.ok ? partsOf(decoded.value) : [{}];
  const granted = budgets.takeEach(userId, parts.length);
  if (closesForAbuse()) return null;
  if (granted < parts.length) {
    const refusal = budgets.refusal(userId);
    for (const about of parts.slice(granted)) refuse(refusal, about);
  }
  if (granted === 0) return null;
  if (!decoded.ok) {
    refuse(decoded);
    socket.invalid();
    return null;
  }
  return { command: decoded.value, granted };
}

/** The parts of a command that are charged one by one: its sends, or the conversations that it syncs. */
function partsOf(command: RoomCommand | DeviceCommand): RefusalContext[] {
  if (command.type === "send") return command.items.map(({ clientMsgId }) => ({ clientMsgId }));
  if (command.type === "sync" && "items" in command)
    return command.items.map(({ conversationId }) => ({ conversationId }));
  return [{}];
}

const TOO_LARGE: Failure = {
  ok: false,
  code: "too_large",
  detail: `A frame must be at most ${LIMITS.writtenBytes} bytes.`,
};

const BINARY: Failure = {
  ok: false,
  code: "validation_failed",
  detail: "Frames are text: one JSON object each.",
};
