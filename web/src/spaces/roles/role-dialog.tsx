import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useMaking } from "../../state/making/use-making.ts";
import { useAction } from "../../state/use-action.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { latest, type Space } from "../state.ts";
import { GROUPS, type Permission } from "./permissions.ts";
import { EVERYONE, type Role } from "./use-roles.ts";

/** The colour that the field for it begins with. */
const FIRST_COLOR = "#2f855a";

interface Props {
  space: Space;
  /** the role to change; absent: a new one */
  role?: Role;
  /** what all members may do, whatever their roles */
  common: readonly Permission[];
  /** whether it is below the highest role of the user */
  isBelow: boolean;
  onSaved: () => void;
  onClose: () => void;
}

/** Makes a role, or changes what one is called and allows. */
export function RoleDialog({ space: first, role, common, isBelow, onSaved, onClose }: Props) {
  const { chat } = useAccount();
  const space = latest(first);
  const [name, setName] = useState(role?.name ?? "");
  const [color, setColor] = useState(role?.color ?? null);
  const [hoist, setHoist] = useState(role?.hoist ?? false);
  const [permissions, setPermissions] = useState<readonly Permission[]>(role?.permissions ?? []);
  const making = useMaking<Role, Role>();
  const save = useAction(async () => {
    const path = { id: space.id };
    const looks = role?.id === EVERYONE ? {} : { name: name.trim(), color, hoist };
    if (role)
      await chat.api.call("patch", "/v1/spaces/{id}/roles/{role_id}", {
        path: { ...path, role_id: role.id },
        body: { ...looks, permissions: [...permissions] },
      });
    else
      await making({
        known: undefined,
        list: async () =>
          (await chat.api.call("get", "/v1/spaces/{id}/roles", { path }, { retry: false })).items,
        idOf: (one) => one.id,
        isIt: (one) => one.name === name.trim(),
        make: () =>
          chat.api.call("post", "/v1/spaces/{id}/roles", {
            path,
            body: { name: name.trim(), color, hoist, permissions: [...permissions] },
          }),
        adopt: (one) => one,
      });
    onSaved();
    onClose();
  });
  const isEveryone = role?.id === EVERYONE;
  return (
    <Dialog title={isEveryone ? t("roles.everyone") : t(role ? "roles.edit" : "roles.add")} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void save.run();
        }}
      >
        {!isBelow && <p>{t("roles.notBelow")}</p>}
        {!isEveryone && (
          <fieldset disabled={!isBelow}>
            <label class="field">
              {t("spaces.name")}
              <input
                type="text"
                required
                maxLength={100}
                value={name}
                onInput={({ currentTarget }) => setName(currentTarget.value)}
              />
            </label>
            <ColorField color={color} onChange={setColor} />
            <label>
              <input
                type="checkbox"
                checked={hoist}
                onChange={({ currentTarget }) => setHoist(currentTarget.checked)}
              />
              {t("roles.hoist")}
            </label>
          </fieldset>
        )}
        {GROUPS.map(({ title, permissions: offered }) => (
          <fieldset key={title} disabled={!isBelow}>
            <legend>{t(title)}</legend>
            {offered.map((permission) => {
              const isLacking = isBelow && !space.permissions.includes(permission);
              return (
                <label key={permission}>
                  <input
                    type="checkbox"
                    checked={permissions.includes(permission)}
                    disabled={isLacking}
                    onChange={({ currentTarget }) =>
                      setPermissions(
                        currentTarget.checked
                          ? [...permissions, permission]
                          : permissions.filter((one) => one !== permission),
                      )
                    }
                  />
                  <span>
                    {t(`roles.may.${permission}`)} {isLacking && <small>{t("roles.notOwn")}</small>}
                    {!isEveryone && common.includes(permission) && <small>{t("roles.allMay")}</small>}
                  </span>
                </label>
              );
            })}
          </fieldset>
        ))}
        <ProblemText text={save.problem} />
        {isBelow && (
          <button class="primary" type="submit" disabled={save.isBusy || (!isEveryone && name.trim() === "")}>
            {t(role ? "profile.save" : "roles.make")}
          </button>
        )}
      </form>
    </Dialog>
  );
}

interface ColorProps {
  /** null: none */
  color: string | null;
  onChange: (color: string | null) => void;
}

function ColorField({ color, onChange }: ColorProps) {
  return (
    <div class="role-color">
      <label>
        <input
          type="checkbox"
          checked={color !== null}
          onChange={({ currentTarget }) => onChange(currentTarget.checked ? FIRST_COLOR : null)}
        />
        {t("roles.hasColor")}
      </label>
      {color !== null && (
        <input
          type="color"
          aria-label={t("roles.color")}
          value={color}
          onInput={({ currentTarget }) => onChange(currentTarget.value)}
        />
      )}
    </div>
  );
}
