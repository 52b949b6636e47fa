import { clock, dated, moment } from "./format.ts";

interface Props {
  /** ms since 1970 */
  at: number;
  /** what writes it; absent: as the time of day */
  as?: (at: number) => string;
}

/** A moment in few letters, whose title tells it in full. */
export function Time({ at, as = clock }: Props) {
  return (
    <time dateTime={dated(at).toISOString()} title={moment(at)}>
      {as(at)}
    </time>
  );
}
