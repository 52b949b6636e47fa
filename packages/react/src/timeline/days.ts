import type { Message, OutboxItem } from "parley-client";

/** Messages of one sender within this time, in ms, stand together. */
const TOGETHER = 5 * 60_000;

/** A message in its place among the others. */
export interface Row {
  readonly message: Message;
  /** whether it follows another message of its sender closely, and needs no name */
  readonly isTogether: boolean;
  /** whether no other one follows it so: it shows when the run was written */
  readonly isLast: boolean;
  /** whether the unread messages begin with it */
  readonly isFirstUnread: boolean;
}

/** The rows of one day. */
export interface Day {
  /** when its first message was sent, in ms since 1970 */
  readonly at: number;
  readonly rows: readonly Row[];
}

/** What decides whether a message stands together with the one before it. */
type Placed = Pick<Message, "kind" | "created_at"> & { readonly sender: Pick<Message["sender"], "id"> };

/** Whether a message follows another one of its sender closely. */
export function follows(
  before: Placed | undefined,
  { sender, created_at: at }: Omit<Placed, "kind">,
): boolean {
  return isClose(before, sender.id, at);
}

/** Whether a message of the user that waits, or failed, follows another one of theirs closely. */
export function followsOwn(before: Message | undefined, { created_at: at }: OutboxItem, me: number): boolean {
  return isClose(before, me, at);
}

function isClose(before: Placed | undefined, sender: number, at: number): boolean {
  // Incoming hooks, which all have the id 0, may be several.
  if (!sender || before?.sender.id !== sender || before.kind === "tip") return false;
  return at - before.created_at < TOGETHER;
}

/**
 * The rows of some messages, by day.
 * @param start the index of the first one that has a row
 * @param end the index behind the last one
 * @param firstUnread the `seq` of the first unread message; 0: there is none
 */
export function daysOf(
  messages: readonly Message[],
  start: number,
  end: number,
  firstUnread: number,
): readonly Day[] {
  const days: { at: number; rows: Row[] }[] = [];
  const begins = (at: Message, before: Message | undefined) =>
    !before || !isSameDay(before.created_at, at.created_at);
  const goesOn = (at: Message | undefined, before: Message | undefined) =>
    at !== undefined && at.seq !== firstUnread && !begins(at, before) && follows(before, at);
  for (const [i, message] of messages.slice(start, end).entries()) {
    const before = messages[start + i - 1];
    const isFirstUnread = message.seq === firstUnread;
    const isNewDay = begins(message, before);
    const isTogether = goesOn(message, before);
    const isLast = !goesOn(messages[start + i + 1], message);
    const last = days.at(-1);
    const row = { message, isTogether, isLast, isFirstUnread };
    if (isNewDay || !last) days.push({ at: message.created_at, rows: [row] });
    else last.rows.push(row);
  }
  return days;
}

function isSameDay(one: number, other: number): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}
