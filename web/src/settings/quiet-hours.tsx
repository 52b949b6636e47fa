import { useState } from "preact/hooks";
import { choices, chooseQuietHours, type QuietHours } from "../attention/choices.ts";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { reason } from "../state/problem.ts";
import { ProblemText } from "../ui/problem-text.tsx";

/** What is offered first. */
const NIGHT = { from: "22:00", to: "07:00" };

/** The hours of each day in which the user is notified of nothing, on all their devices. */
export function QuietHoursSetting() {
  const { chat } = useAccount();
  const [problem, setProblem] = useState("");
  const choose = (hours: Pick<QuietHours, "from" | "to"> | null) => {
    const time_zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
    chooseQuietHours(chat, hours && { ...hours, time_zone }).then(
      () => setProblem(""),
      (error) => setProblem(reason(error)),
    );
  };
  const hours = choices.value?.quietHours ?? null;
  const ends = [
    ["from", t("notify.from")],
    ["to", t("notify.to")],
  ] as const;
  return (
    <>
      <label>
        <input
          type="checkbox"
          checked={hours !== null}
          disabled={!choices.value}
          onChange={({ currentTarget }) => choose(currentTarget.checked ? NIGHT : null)}
        />
        {t("notify.quiet")}
      </label>
      {hours && (
        <div class="quiet-hours">
          {ends.map(([end, label]) => (
            <label key={end} class="field">
              {label}
              <input
                type="time"
                required
                value={hours[end]}
                onChange={({ currentTarget: { value } }) => value && choose({ ...hours, [end]: value })}
              />
            </label>
          ))}
        </div>
      )}
      <ProblemText text={problem} />
    </>
  );
}
