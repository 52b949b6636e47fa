import { deletedUser } from "../domain/accounts/person.ts";
import { type ConversationId, NOBODY, Position, type Seq } from "../domain/ids.ts";
import type { EncodedPart } from "../domain/sync/encoded-message.ts";
import { type MessageChange, type ReplayPage, toldChanges } from "../domain/sync/replay.ts";
import type { DeviceProtocol, EventPeople, RoomEvent, SampledRange } from "../domain/sync/socket-protocol.ts";
import { bytesOf, maxBytesOf } from "../domain/text.ts";

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
  return packed(parts, (part) => part, maxItems).map((run) => frame(run));
}

/** A message that is a part of what was sent. */
export interface SampledPart {
  seq: Seq;
  part: EncodedPart;
}

/**
 * The same for a part of the messages of a range: each frame says which messages it is a part of. What comes
 * before the range is complete.
 */
export function sampledFrames(
  items: SampledPart[],
  { after, lastSeq }: SampledRange,
  frame: (parts: EncodedPart[], sampled?: SampledRange) => string,
): string[] {
  const written: string[] = [];
  let from = after;
  const runs = items.length === 0 ? [[]] : packed(items, ({ part }) => part, MAX_ITEMS);
  for (const run of runs) {
    const end = run === runs.at(-1) ? lastSeq : Position.parse(run.at(-1)?.seq ?? from);
    const parts = run.map(({ part }) => part);
    written.push(end > from ? frame(parts, { after: from, lastSeq: end }) : frame(parts));
    from = Position.parse(Math.max(from, end));
  }
  return written;
}

/** Splits items into runs that fit a frame each. */
function packed<Item>(items: Item[], partOf: (item: Item) => EncodedPart, maxItems: number): Item[][] {
  const most = MAX_FRAME_BYTES - ENVELOPE_BYTES;
  const runs: Item[][] = [];
  let run: Item[] = [];
  let bytes = 0;
  /** Only runs that may be too large are counted byte by byte. */
  let isExact = false;
  const exactly = (item: Item) => bytesOf(partOf(item)) + 1;
  for (const item of items) {
    let size = isExact ? exactly(item) : maxBytesOf(partOf(item)) + 1;
    if (!isExact && bytes + size > most) {
      isExact = true;
      bytes = run.reduce((sum, one) => sum + exactly(one), 0);
      size = exactly(item);
    }
    if (run.length === maxItems || (run.length > 0 && bytes + size > most)) {
      runs.push(run);
      run = [];
      bytes = 0;
      isExact = false;
    }
    run.push(item);
    bytes += size;
  }
  if (run.length > 0) runs.push(run);
  return runs;
}

/** The most messages in a frame of changed messages. */
const MAX_CHANGED = 200;

/** The events of a page besides its messages. */
type PageEvent = Extract<RoomEvent, { type: "hidden" | "revoked" | "synced" | "reset" }>;

/** How a wire format writes a page. Events that it encodes as null are left out. */
interface PageProtocol extends Pick<DeviceProtocol, "messages" | "maxMessagesPerFrame" | "changed"> {
  event(event: PageEvent, people: EventPeople): string | null;
}

/** The events of a page name nobody. */
const NO_PEOPLE: EventPeople = { reader: NOBODY, profileOf: deletedUser };

/** A changed message, encoded. */
export interface ChangedPart {
  rev: number;
  part: EncodedPart;
}

/**
 * The frames of changes, in the order of their revs: a client that disconnects resumes after the highest rev
 * that it got. Revokes follow the changed messages, which show them too.
 * @param changes revokes and hides
 * @param changed the changed messages; empty for clients that want none
 */
export function changeFrames(
  changes: MessageChange[],
  changed: ChangedPart[],
  conversationId: ConversationId,
  protocol: PageProtocol,
): string[] {
  const { changed: encode } = protocol;
  const written: string[] = [];
  const tell = (event: PageEvent) => {
    const frame = protocol.event(event, NO_PEOPLE);
    if (frame !== null) written.push(frame);
  };
  let told = 0;
  let revokes: MessageChange[] = [];
  /** Writes the changed messages up to a rev, then the revokes so far. */
  const tellUpTo = (rev: number) => {
    const run = changed.slice(told).filter((item) => item.rev <= rev);
    told += run.length;
    for (const items of packed(run, ({ part }) => part, MAX_CHANGED)) {
      const parts = items.map(({ part }) => part);
      if (encode) written.push(encode(conversationId, items.at(-1)?.rev ?? rev, parts));
    }
    for (const { seq, by, rev } of revokes)
      if (by !== null) tell({ type: "revoked", conversationId, seq, by, rev });
    revokes = [];
  };
  for (const change of changes) {
    if (change.by !== null) {
      revokes.push(change);
      continue;
    }
    const { seq, rev } = change;
    tellUpTo(rev);
    tell({ type: "hidden", conversationId, seq, rev });
  }
  tellUpTo(Number.POSITIVE_INFINITY);
  return written;
}

/** A page with its messages encoded. */
interface EncodedPage extends Omit<ReplayPage, "messages" | "changed"> {
  messages: EncodedPart[];
  changed: ChangedPart[];
}

/** @returns the frames of a page: a reset, its changes, its messages, then `synced` */
export function pageFrames(
  page: EncodedPage,
  conversationId: ConversationId,
  protocol: PageProtocol,
): string[] {
  const { resetSeq, lastSeq, rev, hasMore } = page;
  const begin =
    resetSeq !== undefined && ({ type: "reset", conversationId, lastSeq: resetSeq, rev } as const);
  const reset = begin ? protocol.event(begin, NO_PEOPLE) : null;
  const end = protocol.event({ type: "synced", conversationId, lastSeq, rev, hasMore }, NO_PEOPLE);
  return [reset ?? [], liveFrames(page, conversationId, protocol), end ?? []].flat();
}

/** The frames of a page as they would have come live: its changes, then its messages. */
export function liveFrames(
  page: Pick<EncodedPage, "after" | "changes" | "changed" | "messages">,
  conversationId: ConversationId,
  protocol: PageProtocol,
): string[] {
  const changes = toldChanges(page, (seq) => seq <= page.after);
  return [
    ...changeFrames(changes, page.changed, conversationId, protocol),
    ...frames(page.messages, protocol.messages, protocol.maxMessagesPerFrame),
  ];
}
