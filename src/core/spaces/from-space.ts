import { CoreError, refusedFor } from "../../domain/errors.ts";
import type { SpaceId, UserId } from "../../domain/ids.ts";
import { type PermissionBits, permissionsIn } from "../../domain/spaces/permission.ts";
import { rankOf } from "../../domain/spaces/rights.ts";
import type { MemberSpace } from "../../domain/spaces/space.ts";
import type { Core } from "../context.ts";
import { getSpace, type OwnSpace } from "./spaces.ts";

/** How often a change begins anew where others change the rights of the space at the same time. */
const TRIES = 5;

/**
 * Makes a change that follows from what the caller may do: of the space as it was read, or not at all, and
 * then again of the space as it is.
 * @param work checks, and makes the change; null: the space is another one by now
 * @throws `not_found` for who is no member, as `work`; `unavailable` if it goes on changing
 */
export async function fromSpace<Value>(
  core: Core,
  caller: UserId,
  id: SpaceId,
  work: (space: OwnSpace) => Promise<Value | null>,
): Promise<Value> {
  for (let n = 0; n < TRIES; n++) {
    const value = await work(await getSpace(core, caller, id));
    if (value !== null) return value;
  }
  throw spaceIsChanging();
}

/** The `unavailable` for a change that others have come before again and again. */
export function spaceIsChanging(): CoreError {
  return new CoreError("unavailable", "This space is being changed. Try again.", { retryAfter: 1 });
}

/** The `group_full` for a space that has them. */
export function spaceFull(most: number): CoreError {
  return new CoreError("group_full", `This space takes ${most} members at most.`);
}

/** The `forbidden` for who is banned from a space. */
export function bannedFromSpace(): CoreError {
  return refusedFor("banned", "You are banned from this space.");
}

/** Requires that a place is below the highest role of a member. @throws `forbidden` */
export function requireAbove(caller: UserId, space: MemberSpace, position: number): void {
  if (position < rankOf(caller, space)) return;
  throw refusedFor("rank", "This is not below your highest role.");
}

/** Requires that a member has what they would give or take. @param own what they have @throws `forbidden` */
export function requireOwn(own: PermissionBits, changed: PermissionBits): void {
  const [permission] = permissionsIn(changed & ~own);
  if (permission === undefined) return;
  const detail = `You lack the permission \`${permission}\`: you cannot give or take it.`;
  throw new CoreError("forbidden", detail, { refusal: "rank", permission });
}
