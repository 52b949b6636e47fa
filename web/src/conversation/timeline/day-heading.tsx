import { useState } from "preact/hooks";
import { day } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { lazy } from "../../ui/lazy.tsx";

const DateDialog = lazy(async () => (await import("./date-dialog.tsx")).DateDialog);

interface Props {
  /** a moment of the day, in ms since 1970 */
  at: number;
  /** the conversation */
  id: number;
}

/** The day of the messages below, which stays in sight. A press leads to another day. */
export function DayHeading({ at, id }: Props) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <h3 class="day-heading">
        <button type="button" title={t("timeline.toDate")} onClick={() => setAsking(true)}>
          {day(at)}
        </button>
      </h3>
      {isAsking && <DateDialog id={id} at={at} onClose={() => setAsking(false)} />}
    </>
  );
}
