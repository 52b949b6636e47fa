import { ALL, bitsOf, has, type Permission, type PermissionBits } from "../../../domain/spaces/permission.ts";
import { EVERYONE_ROLE, type SpaceRole } from "../../../domain/spaces/role.ts";

/** KOOK sorts roles upwards: `everyone`, which is below all, has this position. */
const LAST = 999;

/** A role as this API shows it. @param at its place among those of the guild, from 0 */
export function serializeRole(
  { id, name, color, permissions, hoist, mentionable }: Omit<SpaceRole, "memberCount" | "position">,
  at: number,
) {
  return {
    ...{ role_id: id, name, color: color === null ? 0 : Number.parseInt(color.slice(1), 16) },
    ...{
      position: id === EVERYONE_ROLE ? LAST : at + 1,
      hoist: Number(hoist),
      mentionable: Number(mentionable),
    },
    permissions: toKook(permissions),
  };
}

/** What each bit of KOOK means here; of several permissions the first one is shown. Others mean nothing. */
const BITS: readonly (readonly [bit: number, ...permissions: Permission[]])[] = [
  [1, "manage_space"],
  [2, "see_audit"],
  [3, "invite"],
  [4, "manage_space"],
  [5, "manage_channel"],
  [6, "kick"],
  [7, "ban"],
  [10, "manage_roles"],
  [11, "read"],
  [12, "write", "threads"],
  [13, "manage_messages", "pin"],
  [14, "files"],
  [17, "mention_all"],
  [18, "reactions"],
  [19, "reactions"],
];

/** The bit of KOOK that means all of them. */
const ADMIN = 1;

/** Permissions as KOOK's number. */
export function toKook(permissions: PermissionBits): number {
  if (permissions === ALL) return BITS.reduce((bits, [bit]) => bits | (1 << bit), ADMIN);
  return BITS.reduce((bits, [bit, first]) => bits | (first && has(permissions, first) ? 1 << bit : 0), 0);
}

/**
 * Permissions after a change by KOOK's number. Only what its bits change is changed: a permission of which
 * KOOK has no bit stays.
 * @param before as they are
 */
export function fromKook(before: PermissionBits, wanted: number): PermissionBits {
  const shown = toKook(before);
  if ((wanted & ADMIN) > (shown & ADMIN)) return ALL;
  return BITS.reduce((bits, [bit, ...permissions]) => {
    if (((wanted ^ shown) & (1 << bit)) === 0) return bits;
    return (wanted & (1 << bit)) !== 0 ? bits | bitsOf(permissions) : bits & ~bitsOf(permissions);
  }, before);
}
