import type { components } from "parley-client";
import { t } from "../../i18n/i18n.ts";
import { roleName } from "../roles/role-name.tsx";
import { EVERYONE, type Role } from "../roles/use-roles.ts";
import type { Space, SpaceMember } from "../state.ts";

/** What gives or takes a permission in a channel. */
export type Reason = components["schemas"]["ChannelPermissions"]["because"][number];

/**
 * Because of what a member reads a channel.
 * @param readers the roles whose members all read it, the highest first
 */
export function becauseOf(
  space: Space,
  { user, role_ids: held }: SpaceMember,
  readers: readonly Role[],
): string {
  if (user.id === space.owner_id) return t("readers.owner");
  const role = readers.find(({ id }) => id !== EVERYONE && held.includes(id));
  if (readers.some(({ id }) => id === EVERYONE)) return t("readers.member");
  return role ? t("readers.role", { name: roleName(role) }) : t("readers.own");
}

/** Because of what a member may do something in a channel, or may not. @param roles of the space */
export function whyOf({ allowed, by, role_id: id }: Reason, roles: readonly Role[]): string {
  if (by === "owner") return t("readers.owner");
  const role = roles.find((one) => one.id === id);
  if (by === "role")
    return role
      ? t("readers.role", { name: roleName(role) })
      : t(allowed ? "readers.member" : "readers.noRole");
  return role ? t("readers.channelRole", { name: roleName(role) }) : t("readers.channelOwn");
}
