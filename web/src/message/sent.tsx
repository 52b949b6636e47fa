import { clock, moment } from "../i18n/format.ts";

/** When a message was sent. @param at in ms since 1970 */
export function Sent({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()} title={moment(at)}>
      {clock(at)}
    </time>
  );
}
