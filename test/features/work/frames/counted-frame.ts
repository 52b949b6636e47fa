import type { Frame, TestSocket } from "../../../support/clients/socket.ts";
import { bytesOf, type CountedObject, type Work } from "../counted-work.ts";

/** A frame of a client. */
export interface ClientFrame {
  frame: unknown;
  /** whether the frames that have come answer it; absent: nothing does */
  isAnswered?(came: Frame[]): boolean;
  /** of a device socket: a conversation of its user */
  conversationId?: number;
}

/**
 * Counts what a frame costs the object of its socket, until it is answered.
 * @returns `bytes`: of what the socket is sent
 */
export async function countFrame(
  object: CountedObject,
  socket: TestSocket,
  { frame, isAnswered, conversationId }: ClientFrame,
): Promise<Work> {
  const before = socket.frames.length;
  const came = () => socket.frames.slice(before);
  const { work } = await object.during(async () => {
    socket.send(frame);
    if (isAnswered) await socket.until(() => isAnswered(came()));
    else await socket.untilProcessed(conversationId);
  });
  // Without an answer the last frame is the refusal that shows that the frame was processed.
  const answer = isAnswered ? came() : came().slice(0, -1);
  return { ...work, bytes: answer.reduce((sum, each) => sum + bytesOf(each), 0) };
}

/** The number of acks and refusals among frames. */
export function countSettled(came: Frame[]): number {
  const count = ({ type, items }: Frame) => {
    if (type === "acks") return Array.isArray(items) ? items.length : 0;
    return Number(type === "ack" || type === "error");
  };
  return came.reduce((sum, frame) => sum + count(frame), 0);
}

/** The number of syncs that frames end. */
export function countSynced(came: Frame[]): number {
  return came.filter(({ type }) => type === "synced" || type === "reset" || type === "error").length;
}
