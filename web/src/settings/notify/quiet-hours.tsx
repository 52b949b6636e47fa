import { useState } from "preact/hooks";
import { choices, chooseQuietHours, type QuietHours } from "../../attention/choices.ts";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { reason } from "../../state/problem.ts";
import { ProblemText } from "../../ui/problem-text.tsx";
import { Switch } from "./switch.tsx";

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
      <Switch
        label={t("notify.quiet")}
        hint={t("notify.quietHint")}
        isOn={hours !== null}
        disabled={!choices.value}
        onSwitch={(wanted) => choose(wanted ? NIGHT : null)}
      />
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
