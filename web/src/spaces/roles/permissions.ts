import type { Key } from "../../i18n/catalog.ts";
import type { Role } from "./use-roles.ts";

export type Permission = Role["permissions"][number];

interface Group {
  readonly title: Key;
  readonly permissions: readonly Permission[];
}

/** What a role can allow, as a person reads it. */
export const GROUPS = [
  {
    title: "roles.talk",
    permissions: ["read", "write", "threads", "reactions", "files", "mention_all"],
  },
  { title: "spaces.channels", permissions: ["pin", "manage_messages", "manage_channel"] },
  {
    title: "roles.space",
    permissions: ["invite", "kick", "ban", "manage_roles", "manage_space", "see_audit"],
  },
] as const satisfies readonly Group[];

/** What is said of a channel by itself. */
export const IN_CHANNELS = [
  ...GROUPS[0].permissions,
  ...GROUPS[1].permissions,
] as const satisfies readonly Permission[];

/** Whether all of some permissions are among others. */
export function hasAll(own: readonly Permission[], wanted: readonly Permission[]): boolean {
  return wanted.every((permission) => own.includes(permission));
}
