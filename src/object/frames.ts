import type { ConversationId } from "../domain/ids.ts";
import type { EncodedPart } from "../domain/sync/encoded-message.ts";
import type { MessageChange, ReplayPage } from "../domain/sync/replay.ts";
import type { DeviceProtocol, RoomEvent } from "../domain/sync/socket-protocol.ts";
import { bytesOf } from "../domain/text.ts";

/** The most messages in a frame. */
const MAX_ITEMS = 100;
/** The most bytes in a frame. */
const MAX_FRAME_BYTES = 256 * 1024;
/** The bytes around the parts of a frame, rounded up. */
const ENVELOPE_BYTES = 256;

/**
 * Packs encoded parts into frames of at most 100 parts and 256 KiB. A single larger part gets a frame of its
 * own.
 * @param frame encodes one frame of several parts
 * @param maxItems the limit of parts of a wire format whose frames take fewer
 */
export function frames(
  parts: EncodedPart[],
  frame: (parts: EncodedPart[]) => string,
  maxItems = MAX_ITEMS,
): string[] {
  const packed: string[] = [];
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  // A UTF-16 unit takes three bytes at most: only parts that may be too large are counted byte by byte.
  const mayExceed = length * 3 > MAX_FRAME_BYTES - ENVELOPE_BYTES;
  let start = 0;
  let bytes = 0;
  parts.forEach((part, i) => {
    const size = mayExceed ? bytesOf(part) + 1 : part.length;
    const isFull = i - start === maxItems || (i > start && bytes + size > MAX_FRAME_BYTES - ENVELOPE_BYTES);
    if (isFull) {
      packed.push(frame(parts.slice(start, i)));
      start = i;
      bytes = 0;
    }
    bytes += size;
  });
  if (parts.length > start) packed.push(frame(parts.slice(start)));
  return packed;
}

type ChangeEvent = Extract<RoomEvent, { type: "hidden" | "revoked" }>;
/** The events of a page besides its messages. */
type PageEvent = ChangeEvent | Extract<RoomEvent, { type: "synced" }>;

/** @returns the events for revokes and hides of older messages, in the given order */
export function changeEvents(changes: MessageChange[], conversationId: ConversationId): ChangeEvent[] {
  return changes.map(({ seq, by, rev }) =>
    by === null
      ? { type: "hidden", conversationId, seq, rev }
      : { type: "revoked", conversationId, seq, by, rev },
  );
}

/** How a wire format writes a page. Events that it encodes as null are left out. */
interface PageProtocol extends Pick<DeviceProtocol, "messages" | "maxMessagesPerFrame"> {
  event(event: PageEvent): string | null;
}

/**
 * @param parts the messages of the page
 * @returns the frames of a page: its changes, its messages, then `synced`
 */
export function pageFrames(
  { changes, lastSeq, rev, hasMore }: Omit<ReplayPage, "messages">,
  parts: EncodedPart[],
  conversationId: ConversationId,
  protocol: PageProtocol,
): string[] {
  const changeFrames = changeEvents(changes, conversationId).flatMap((event) => protocol.event(event) ?? []);
  const messageFrames = frames(parts, protocol.messages, protocol.maxMessagesPerFrame);
  const end = protocol.event({ type: "synced", conversationId, lastSeq, rev, hasMore }) ?? [];
  return [...changeFrames, ...messageFrames].concat(end);
}
