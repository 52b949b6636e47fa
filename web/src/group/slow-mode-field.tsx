import { timeSpan } from "../i18n/duration.ts";
import { t } from "../i18n/i18n.ts";

/** The pauses that one can choose, in seconds. */
const PAUSES = [0, 5, 10, 30, 60, 300, 3_600];

interface Props {
  label: string;
  /** in seconds; 0: there is none */
  pause: number;
  /** the pause that holds: a backend may have set another one */
  stored: number;
  onChange: (pause: number) => void;
}

/** How long members wait between two messages. */
export function SlowModeField({ label, pause, stored, onChange }: Props) {
  return (
    <label class="field">
      {label}
      <select value={pause} onChange={({ currentTarget }) => onChange(Number(currentTarget.value))}>
        {[...new Set([...PAUSES, stored])].map((one) => (
          <option key={one} value={one}>
            {one === 0 ? t("group.slowMode.off") : timeSpan(one)}
          </option>
        ))}
      </select>
    </label>
  );
}
