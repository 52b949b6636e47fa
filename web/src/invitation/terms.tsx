import { t } from "../i18n/i18n.ts";

const HOUR_S = 3_600;
const DAY_S = 24 * HOUR_S;

/** How long an invitation may be valid, in seconds. */
const ENDS = [
  [HOUR_S, "invite.hour"],
  [DAY_S, "invite.day"],
  [7 * DAY_S, "invite.week"],
  [30 * DAY_S, "invite.month"],
] as const;

/** How many users it may let in; 0: any number. */
const USES = [0, 1, 10, 100] as const;

/** How long an invitation is valid, in seconds, and for how many users; 0: any number. */
export interface Terms {
  readonly ends: number;
  readonly uses: number;
}

export const FIRST_TERMS: Terms = { ends: 7 * DAY_S, uses: 0 };

/** Terms as the server takes them. */
export function bodyOf({ ends, uses }: Terms) {
  return { expires_in_s: ends, ...(uses > 0 && { max_uses: uses }) };
}

interface Props {
  terms: Terms;
  onChange: (terms: Terms) => void;
}

/** Chooses how long an invitation is valid, and for how many users. */
export function TermsFields({ terms, onChange }: Props) {
  return (
    <>
      <label class="field">
        <span>{t("invite.ends")}</span>
        <select
          value={terms.ends}
          onChange={({ currentTarget }) => onChange({ ...terms, ends: Number(currentTarget.value) })}
        >
          {ENDS.map(([seconds, key]) => (
            <option key={seconds} value={seconds}>
              {t(key)}
            </option>
          ))}
        </select>
      </label>
      <label class="field">
        <span>{t("invite.uses")}</span>
        <select
          value={terms.uses}
          onChange={({ currentTarget }) => onChange({ ...terms, uses: Number(currentTarget.value) })}
        >
          {USES.map((n) => (
            <option key={n} value={n}>
              {n === 0 ? t("invite.anybody") : t("invite.people", { n })}
            </option>
          ))}
        </select>
      </label>
    </>
  );
}
