import { useId } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { Placeholder } from "../../ui/missing/placeholder.tsx";
import { RoleName } from "./role-name.tsx";
import { EVERYONE, type Role } from "./use-roles.ts";

interface Props {
  legend: string;
  hint?: string;
  /** all of the space; undefined: they have not come yet */
  roles: readonly Role[] | undefined;
  /** the ids of those that are chosen */
  chosen: readonly number[];
  onChange: (chosen: readonly number[]) => void;
  /** why the user cannot choose a role; empty: they can */
  whyNot?: (role: Role) => string;
}

/** Chooses some of the roles of a space. */
export function RoleChoice({ legend, hint, roles, chosen, onChange, whyNot }: Props) {
  const id = useId();
  const own = roles?.filter((role) => role.id !== EVERYONE);
  return (
    <fieldset aria-describedby={hint && id}>
      <legend>{legend}</legend>
      {hint && <small id={id}>{hint}</small>}
      {!own && <Placeholder rows={2} />}
      {own?.length === 0 && <p>{t("roles.none")}</p>}
      {own?.map((role) => {
        const reason = whyNot?.(role);
        return (
          <label key={role.id}>
            <input
              type="checkbox"
              checked={chosen.includes(role.id)}
              disabled={!!reason}
              onChange={({ currentTarget }) =>
                onChange(
                  currentTarget.checked ? [...chosen, role.id] : chosen.filter((one) => one !== role.id),
                )
              }
            />
            <span>
              <RoleName role={role} /> {reason && <small>{reason}</small>}
            </span>
          </label>
        );
      })}
    </fieldset>
  );
}
