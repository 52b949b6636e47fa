import type { OutboxItem } from "parley-client";
import type { ReactNode } from "react";
import { albumPart, albumsOf, pendingPart } from "./albums.ts";
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
  /**
   * Draws pictures and videos that were sent together: an `<li>` around their rows. Absent: there are no
   * albums.
   */
  album?: (drawn: ReactNode[], rows: readonly Row[]) => ReactNode;
  /** The same of those that wait. */
  pendingAlbum?: (drawn: ReactNode[], items: readonly OutboxItem[], isTogether: boolean) => ReactNode;
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
  const drawn = (row: Row, isInAlbum = false) =>
    draw.row({
      ...row,
      isTogether: row.isTogether || isInAlbum,
      isLast: row.isLast && !(isFollowed && row.message === newest),
    });
  const albumOf = (rows: readonly Row[]): ReactNode[] => {
    const isFirstUnread = rows[0]?.isFirstUnread === true;
    const album = draw.album?.(
      rows.map((row) => drawn(row, true)),
      rows,
    );
    return [isFirstUnread && draw.unread?.(), album, ...rows.map((row) => draw.below?.(row))];
  };
  const rowsOf = ({ rows }: Day): ReactNode[] =>
    albumsOf(rows, (row) => (draw.album ? albumPart(row) : undefined)).flatMap((album) =>
      album.length > 1
        ? albumOf(album)
        : album.flatMap((row) => [row.isFirstUnread && draw.unread?.(), drawn(row), draw.below?.(row)]),
    );
  const pendingRows = albumsOf(pending, (item) => (draw.pendingAlbum ? pendingPart(item) : undefined)).map(
    (album, i) => {
      const isTogether = i > 0 || isFollowed;
      const rows = album.map((item) => draw.pending(item, isTogether || album.length > 1));
      return album.length > 1 ? draw.pendingAlbum?.(rows, album, isTogether) : rows;
    },
  );
  return (
    <ol
      ref={list}
      className={className}
      aria-label={label}
      onKeyDown={pilot.onKeyDown}
      onFocusCapture={pilot.roving.onFocusIn}
      onBlurCapture={pilot.roving.onFocusOut}
    >
      {days.map((day) => (
        <li key={new Date(day.at).toDateString()} className={dayClassName} data-day>
          {draw.day?.(day.at)}
          <ol>{rowsOf(day)}</ol>
        </li>
      ))}
      {pending.length > 0 && (
        <li key="pending" className={dayClassName}>
          <ol>{pendingRows}</ol>
        </li>
      )}
    </ol>
  );
}
