import { t } from "../../i18n/i18n.ts";
import { EVERYONE, type Role } from "./use-roles.ts";

/** How a role is called. */
export function roleName({ id, name }: Pick<Role, "id" | "name">): string {
  return id === EVERYONE ? t("roles.everyone") : name;
}

/** The name of a role, behind its colour: a name in any colour could not be read. */
export function RoleName({ role }: { role: Role }) {
  return (
    <span class="role">
      {role.color && <i style={{ background: role.color }} />}
      <bdi>{roleName(role)}</bdi>
    </span>
  );
}
