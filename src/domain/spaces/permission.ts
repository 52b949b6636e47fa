import { z } from "zod";

/**
 * What a member of a space may be allowed to do, in it and in its channels. Sets of them are stored as bits,
 * in this order: a new one comes last.
 */
export const Permission = z.enum([
  "read",
  "write",
  "threads",
  "reactions",
  "files",
  "mention_all",
  "pin",
  "manage_messages",
  "invite",
  "manage_channel",
  "manage_roles",
  "manage_space",
  "kick",
  "ban",
  "see_audit",
]);
export type Permission = z.infer<typeof Permission>;

/** A set of permissions: a bit for each, in their order. */
export type PermissionBits = number;

/** @returns the set of these permissions */
export function bitsOf(permissions: readonly Permission[]): PermissionBits {
  return permissions.reduce((bits, permission) => bits | (1 << Permission.options.indexOf(permission)), 0);
}

/** @returns the permissions of a set, in their order */
export function permissionsIn(bits: PermissionBits): Permission[] {
  return Permission.options.filter((permission) => has(bits, permission));
}

/** Whether a set has a permission. */
export function has(bits: PermissionBits, permission: Permission): boolean {
  return (bits & bitsOf([permission])) !== 0;
}

/** All permissions, which the owner of a space has. */
export const ALL = bitsOf(Permission.options);

/** What the role `everyone` begins with. */
export const FIRST_RIGHTS = bitsOf(["read", "write", "threads", "reactions", "files", "invite"]);
