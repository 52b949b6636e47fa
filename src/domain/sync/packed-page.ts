import type { Seq, UserId } from "../ids.ts";
import type { EncodedMessage, EncodedPart } from "./encoded-message.ts";
import type { DevicePage } from "./replay.ts";

/**
 * A page of new messages and nothing else, by columns: entry `i` of each column is of the same message. The
 * call of an inbox copies this in a third of the time of a `DevicePage`, whose messages are objects.
 */
export interface PackedPage extends Pick<DevicePage, "after" | "since" | "lastSeq" | "rev" | "hasMore"> {
  seqs: Seq[];
  senderIds: UserId[];
  /** ms since 1970 */
  createdAt: number[];
  /** by wire format: every one that the page has; null where the format shows no such message */
  texts: Record<string, (EncodedPart | null)[]>;
}

/** Packs a page. @returns null: the page has changes, a reset, or messages that have changed */
export function pack(page: DevicePage): PackedPage | null {
  const { after, since, lastSeq, rev, hasMore, messages } = page;
  const hasChanges = page.changes.length + page.changed.length > 0 || page.resetSeq !== undefined;
  if (hasChanges || messages.length === 0 || !messages.every(isPlain)) return null;
  const texts = page.formats.map((name) => [name, messages.map((one) => one.texts[name] ?? null)] as const);
  return {
    ...{ after, since, lastSeq, rev, hasMore },
    seqs: messages.map(({ seq }) => seq),
    senderIds: messages.map(({ senderId }) => senderId),
    createdAt: messages.map(({ createdAt }) => createdAt),
    texts: Object.fromEntries(texts),
  };
}

/** The page that was packed. */
export function unpack({ seqs, senderIds, createdAt, texts, ...page }: PackedPage): DevicePage {
  const columns = Object.entries(texts);
  const messages: EncodedMessage[] = [];
  seqs.forEach((seq, i) => {
    const [senderId, at] = [senderIds[i], createdAt[i]];
    if (senderId === undefined || at === undefined) return;
    const ofMessage: Record<string, EncodedPart> = {};
    for (const [name, column] of columns) {
      const text = column[i];
      if (text) ofMessage[name] = text;
    }
    messages.push({ seq, senderId, createdAt: at, revoked: false, rev: 0, texts: ofMessage });
  });
  return { ...page, changes: [], changed: [], messages, formats: Object.keys(texts) };
}

/**
 * Whether a message has nothing besides what the columns have. Revokes, reactions and votes are changes: the
 * parts of a message that are a reader's own are among them.
 */
function isPlain({ rev, isThreadOnly }: EncodedMessage): boolean {
  return rev === 0 && !isThreadOnly;
}
