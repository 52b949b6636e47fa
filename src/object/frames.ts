import type { ConversationId } from "../domain/ids.ts";
import type { Message } from "../domain/messages/message.ts";
import type { MessageContext } from "../domain/sync/message-context.ts";
import type { MessageChange, ReplayPage } from "../domain/sync/replay.ts";
import type { DeviceProtocol, EncodedPart, RoomEvent } from "../domain/sync/socket-protocol.ts";
import { bytesOf } from "../domain/text.ts";

const MAX_ITEMS = 100;
const MAX_FRAME = 256 * 1024;
/** What stands around the pieces of a frame, with room to spare. */
const ENVELOPE = 256;

/**
 * Cuts pieces into frames of at most 100 messages and 256 KiB.
 * @param frame makes one frame of pieces
 * @param maxItems where it takes fewer
 */
export function frames(
  pieces: EncodedPart[],
  frame: (pieces: EncodedPart[]) => string,
  maxItems = MAX_ITEMS,
): string[] {
  const made: string[] = [];
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  // A UTF-16 unit takes three bytes at most: only what may be too large is counted byte by byte.
  const mayExceed = length * 3 > MAX_FRAME - ENVELOPE;
  let start = 0;
  let bytes = 0;
  pieces.forEach((piece, i) => {
    const size = mayExceed ? bytesOf(piece) + 1 : piece.length;
    const full = i - start === maxItems || (i > start && bytes + size > MAX_FRAME - ENVELOPE);
    if (full) {
      made.push(frame(pieces.slice(start, i)));
      start = i;
      bytes = 0;
    }
    bytes += size;
  });
  if (pieces.length > start) made.push(frame(pieces.slice(start)));
  return made;
}

type ChangeEvent = Extract<RoomEvent, { type: "hidden" | "revoked" }>;
/** What a page tells besides messages. */
type PageEvent = ChangeEvent | Extract<RoomEvent, { type: "synced" }>;

/** What became of messages that were shown already, as it is told. */
export function changeEvents(changes: MessageChange[], conversationId: ConversationId): ChangeEvent[] {
  return changes.map(({ seq, by, rev }) =>
    by === null
      ? { type: "hidden", conversationId, seq, rev }
      : { type: "revoked", conversationId, seq, by, rev },
  );
}

/** How a page is written; what gives null is not told. */
interface PageProtocol extends Pick<DeviceProtocol, "message" | "messages" | "perFrame"> {
  event(event: PageEvent): string | null;
}

/** Messages as a device gets them. */
export function messageFrames(
  messages: Message[],
  protocol: Omit<PageProtocol, "event">,
  scene?: MessageContext,
): string[] {
  const pieces = messages.flatMap((message) => protocol.message(message, scene) ?? []);
  return frames(pieces, protocol.messages, protocol.perFrame);
}

/** A page as a client gets it: the changes, the messages, and `synced` as its end. */
export function pageFrames(
  { changes, messages, lastSeq, rev, hasMore }: ReplayPage,
  conversationId: ConversationId,
  protocol: PageProtocol,
): string[] {
  const told = changeEvents(changes, conversationId).flatMap((event) => protocol.event(event) ?? []);
  const end = protocol.event({ type: "synced", conversationId, lastSeq, rev, hasMore }) ?? [];
  return [...told, ...messageFrames(messages, protocol)].concat(end);
}
