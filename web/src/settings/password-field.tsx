import type { Key } from "../i18n/catalog.ts";
import { t } from "../i18n/i18n.ts";

interface Props {
  label: Key;
  value: string;
  onChange: (value: string) => void;
  autocomplete: "current-password" | "new-password";
}

/** A field for a password that the user has, or is about to have. */
export function PasswordField({ label, value, onChange, autocomplete }: Props) {
  return (
    <label class="field">
      {t(label)}
      <input
        type="password"
        required
        {...{ value, autocomplete }}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </label>
  );
}
