import { useId } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { toField, usualTimes } from "./moments.ts";

interface Props {
  /** as a field of date and time has it */
  value: string;
  onChange: (value: string) => void;
}

/** Asks for the time at which a message is sent. */
export function TimeField({ value, onChange }: Props) {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>{t("scheduled.when")}</label>
      <input
        id={id}
        type="datetime-local"
        required
        value={value}
        min={toField(Date.now())}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
      <div class="times">
        {usualTimes().map(({ label, at }) => (
          <button key={label} type="button" onClick={() => onChange(toField(at))}>
            {label}
          </button>
        ))}
      </div>
    </div>
  );
}
