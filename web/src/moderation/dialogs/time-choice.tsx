import { useId, useState } from "preact/hooks";
import { toField, toMoment } from "../../conversation/dialogs/moments.ts";
import { type StaffKey, st } from "../../i18n/staff.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Ends of suspensions: from now on, in ms; null: never. */
export const UNTIL = [
  ["until.day", DAY],
  ["until.week", 7 * DAY],
  ["until.month", 30 * DAY],
  ["until.forGood", null],
] as const satisfies TimeOption[];
/** Times since which messages are deleted: before now, in ms; null: from the first message on. */
export const SINCE = [
  ["since.hour", -HOUR],
  ["since.day", -DAY],
  ["since.week", -7 * DAY],
  ["since.ever", null],
] as const satisfies TimeOption[];

type TimeOption = readonly [label: StaffKey, fromNow: number | null];

interface Props {
  label: StaffKey;
  options: readonly TimeOption[];
  /** @param at ms since 1970; null: no time bounds it */
  onChange: (at: number | null) => void;
}

/** The value of the option under which a field for date and time stands. */
const CHOSEN = "chosen";

/** A time: one of some usual ones, or one of the user's own. */
export function TimeChoice({ label, options, onChange }: Props) {
  const id = useId();
  const [now] = useState(Date.now);
  const [chosen, setChosen] = useState("0");
  const [own, setOwn] = useState(() => toField(now + (options[1]?.[1] ?? DAY)));
  return (
    <div class="field">
      <label for={id}>{st(label)}</label>
      <select
        id={id}
        value={chosen}
        onChange={({ currentTarget: { value } }) => {
          setChosen(value);
          const fromNow = options[Number(value)]?.[1] ?? null;
          if (value === CHOSEN) onChange(toMoment(own));
          else onChange(fromNow === null ? null : Date.now() + fromNow);
        }}
      >
        {options.map(([name], i) => (
          <option key={name} value={i}>
            {st(name)}
          </option>
        ))}
        <option value={CHOSEN}>{st("time.chosen")}</option>
      </select>
      {chosen === CHOSEN && (
        <input
          type="datetime-local"
          required
          aria-label={st("field.at")}
          value={own}
          onInput={({ currentTarget: { value } }) => {
            setOwn(value);
            onChange(toMoment(value));
          }}
        />
      )}
    </div>
  );
}
