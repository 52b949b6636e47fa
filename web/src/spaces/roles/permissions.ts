import type { Key } from "../../i18n/catalog.ts";
import type { Role } from "./use-roles.ts";

export type Permission = Role["permissions"][number];

interface Group {
  readonly title: Key;
  readonly permissions: readonly Permission[];
}

/** What a role can allow, as a person reads it. What the server does not ask for yet is left out. */
export const GROUPS = [
  {
    title: "roles.talk",
    permissions: ["read", "write", "threads", "reactions", "files", "mention_all"],
  },
  { title: "spaces.channels", permissions: ["pin", "manage_messages", "manage_channel"] },
  { title: "roles.space", permissions: ["invite", "kick", "ban", "manage_roles", "manage_space"] },
] as const satisfies readonly Group[];

/** Whether all of some permissions are among others. */
export function hasAll(own: readonly Permission[], wanted: readonly Permission[]): boolean {
  return wanted.every((permission) => own.includes(permission));
}
