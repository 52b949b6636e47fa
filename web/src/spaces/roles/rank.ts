import type { Space } from "../state.ts";
import type { Role } from "./use-roles.ts";

/** How high a member stands in a space: they act on roles below it, and on members who stand below it. */
export function rankOf(
  { owner_id: owner }: Pick<Space, "owner_id">,
  { id, role_ids: held }: { id: number; role_ids: readonly number[] },
  roles: readonly Role[] = [],
): number {
  if (id === owner) return Number.POSITIVE_INFINITY;
  const positions = roles.filter((role) => held.includes(role.id)).map(({ position }) => position);
  return Math.max(0, ...positions);
}
