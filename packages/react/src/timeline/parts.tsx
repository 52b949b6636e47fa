import type { OutboxItem } from "parley-client";
import type { ReactNode } from "react";
import { type Day, followsOwn, type Row } from "./days.ts";
import type { Timeline } from "./use-timeline.ts";

interface BoxProps {
  timeline: Timeline;
  className?: string;
  children?: ReactNode | ReactNode[];
}

/** What scrolls: around the rows, and whatever the app has above and below them. */
export function TimelineBox({ timeline: { box, pilot }, className, children }: BoxProps) {
  return (
    // Its rows get the focus, and the keys.
    <div ref={box} className={className} tabIndex={-1} onScroll={() => pilot.scrolled()}>
      {children}
    </div>
  );
}

interface RowsProps {
  timeline: Timeline;
  /** the user */
  me: number;
  /** what the list is called for screen readers */
  label: string;
  className?: string;
  dayClassName?: string;
  /** Draws a message: an `<li>` with `data-seq`, the `seq` of the message. */
  row: (row: Row) => ReactNode;
  /** Draws a message that waits to be sent, or has failed: an `<li>`. `isTogether`: it needs no name */
  pending: (item: OutboxItem, isTogether: boolean) => ReactNode;
  /** Draws what stands above the messages of a day: anything but a list. */
  day?: (at: number) => ReactNode;
  /** Draws what stands above the first unread message: an `<li>`. */
  unread?: () => ReactNode;
  /** Draws what stands below a message: an `<li>`. */
  below?: (row: Row) => ReactNode;
}

/** The rows of a timeline, in a list for each day. Tab reaches one of them, arrow keys lead to the others. */
export function TimelineRows({ timeline, me, label, className, dayClassName, ...draw }: RowsProps) {
  const { list, pilot, days, pending } = timeline;
  const newest = days.at(-1)?.rows.at(-1)?.message;
  const [waiting] = pending;
  const isFollowed = waiting !== undefined && followsOwn(newest, waiting, me);
  const rowsOf = ({ rows }: Day): ReactNode[] =>
    rows.flatMap((row) => [
      row.isFirstUnread && draw.unread?.(),
      draw.row(isFollowed && row.message === newest ? { ...row, isLast: false } : row),
      draw.below?.(row),
    ]);
  return (
    <ol
      ref={list}
      className={className}
      aria-label={label}
      onKeyDown={pilot.onKeyDown}
      onFocus={pilot.roving.onFocusIn}
      onBlur={pilot.roving.onFocusOut}
    >
      {days.map((day) => (
        <li key={new Date(day.at).toDateString()} className={dayClassName} data-day>
          {draw.day?.(day.at)}
          <ol>{rowsOf(day)}</ol>
        </li>
      ))}
      {pending.length > 0 && (
        <li key="pending" className={dayClassName}>
          <ol>{pending.map((item, i) => draw.pending(item, i > 0 || isFollowed))}</ol>
        </li>
      )}
    </ol>
  );
}
