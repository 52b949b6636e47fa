import type { OutboxItem } from "parley-client";
import type { Row } from "./days.ts";

/** Pictures and videos of one sender that follow each other within this time, in ms, are an album. */
const ALBUM = 60_000;

/** A picture or a video that can stand in an album. */
interface AlbumPart {
  readonly sender: number;
  /** ms since 1970 */
  readonly at: number;
  /** whether an album begins with it in any case */
  readonly isFirst: boolean;
  /** whether it says something, or answers: the album ends with it */
  readonly isLast: boolean;
}

/** A message as a part of an album; undefined: it stands alone. What is unread begins another album. */
export function albumPart({ message, isFirstUnread: isFirst }: Row): AlbumPart | undefined {
  if (message.revoked || (message.kind !== "image" && message.kind !== "video")) return undefined;
  if (message.forwarded || message.thread) return undefined;
  const { sender, created_at: at, body, quote } = message;
  return { sender: sender.id, at, isFirst, isLast: Boolean(body.caption || quote) };
}

/** A message that waits as a part of an album; undefined: it stands alone. */
export function pendingPart({ message, state, created_at: at }: OutboxItem): AlbumPart | undefined {
  if (!("kind" in message) || (message.kind !== "image" && message.kind !== "video")) return undefined;
  if (state === "failed" || message.thread) return undefined;
  return { sender: 0, at, isFirst: false, isLast: Boolean(message.body.caption || message.quote_seq) };
}

/** Puts the parts of each album together, in their order. Whatever stands alone is an album of one. */
export function albumsOf<T>(items: readonly T[], partOf: (item: T) => AlbumPart | undefined): T[][] {
  const albums: T[][] = [];
  let before: AlbumPart | undefined;
  for (const item of items) {
    const part = partOf(item);
    if (before && part && joins(part, before)) albums.at(-1)?.push(item);
    else albums.push([item]);
    before = part;
  }
  return albums;
}

function joins(part: AlbumPart, before: AlbumPart): boolean {
  const isOpen = !before.isLast && !part.isFirst;
  return isOpen && before.sender === part.sender && part.at - before.at < ALBUM;
}
