/** What a row stands for: a place in the conversation. */
interface Placed {
  readonly seq: number;
}

/**
 * The messages that have a row in the page, from one `seq` to another. `to` is Infinity at the newest one.
 */
export interface RowWindow {
  readonly from: number;
  readonly to: number;
}

/** A page has at most this many rows, however much is loaded. */
const MOST = 240;
/** So many rows are made at first. */
const FIRST = 60;
/** So many rows are added when the user comes near to an end of them. */
const STEP = 40;

/** The index of the first message at a place or behind it. */
export function indexOf(messages: readonly Placed[], seq: number): number {
  let low = 0;
  let high = messages.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((messages[middle]?.seq ?? 0) < seq) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Where the rows of a window begin and end among the messages; the end is not included. */
export function extentOf(messages: readonly Placed[], { from, to }: RowWindow): [start: number, end: number] {
  return [indexOf(messages, from), to === Infinity ? messages.length : indexOf(messages, to + 1)];
}

/** The rows of the newest messages. */
export function newest(messages: readonly Placed[]): RowWindow {
  return between(messages, messages.length - FIRST, messages.length);
}

/** The rows around a message. */
export function around(messages: readonly Placed[], seq: number): RowWindow {
  const at = indexOf(messages, seq);
  return between(messages, at - FIRST / 2, at + FIRST / 2);
}

/** A window with more rows at one end, and fewer at the other where there are too many. */
export function grown(messages: readonly Placed[], rows: RowWindow, towards: "older" | "newer"): RowWindow {
  const [start, end] = extentOf(messages, rows);
  if (towards === "older") {
    const first = Math.max(0, start - STEP);
    return between(messages, first, Math.min(end, first + MOST));
  }
  const last = Math.min(messages.length, end + STEP);
  return between(messages, Math.max(start, last - MOST), last);
}

/**
 * A window that new messages have made too long gives up rows out of sight: the oldest ones while the user
 * is at the newest message, else the newest ones.
 */
export function bounded(messages: readonly Placed[], rows: RowWindow, isAtEnd: boolean): RowWindow {
  const [start, end] = extentOf(messages, rows);
  if (end - start <= MOST) return rows;
  return isAtEnd ? between(messages, end - MOST, end) : between(messages, start, start + MOST);
}

function between(messages: readonly Placed[], start: number, end: number): RowWindow {
  const to = end >= messages.length ? Infinity : (messages[end - 1]?.seq ?? 0);
  return { from: messages[Math.max(0, start)]?.seq ?? 0, to };
}
