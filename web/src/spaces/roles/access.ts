import type { components } from "parley-client";
import type { Permission } from "./permissions.ts";
import { EVERYONE } from "./use-roles.ts";

/** What a channel changes of the rights of a role or a member. */
export type Override = components["schemas"]["Override"];

/** Who reads a channel, and who writes in it. */
export interface Access {
  isPrivate: boolean;
  isAnnouncement: boolean;
  /** the roles that read a private one */
  readers: readonly number[];
  /** the roles that write in one for announcements */
  writers: readonly number[];
}

/** What the overrides of a channel make of it. */
export function accessOf(overrides: readonly Override[]): Access {
  const everyone = overrides.find((one) => one.role_id === EVERYONE);
  const allowed = (permission: Permission) =>
    overrides.flatMap(({ role_id: id, allow }) => (id && allow.includes(permission) ? [id] : []));
  return {
    isPrivate: everyone?.deny.includes("read") ?? false,
    isAnnouncement: everyone?.deny.includes("write") ?? false,
    readers: allowed("read"),
    writers: allowed("write"),
  };
}

/**
 * The overrides that change for an access, in an order in which nobody is shut out who reads before and
 * after: what is allowed, then what `everyone` may, then what is taken. What an override says of other
 * permissions stays, and so does a choice of roles that does not count any more.
 * @param me the user, who goes on reading a channel that becomes private; absent: their roles let them
 */
export function changesFor(before: readonly Override[], wanted: Access, me?: number): readonly Override[] {
  const { isPrivate, isAnnouncement, readers, writers } = wanted;
  const isMine = (one: Override) => me !== undefined && one.user_id === me;
  const roleIds = new Set([
    ...before.flatMap(({ role_id: id }) => (id ? [id] : [])),
    ...(isPrivate ? readers : []),
    ...(isAnnouncement ? writers : []),
  ]);
  const next: Override[] = Array.from(roleIds, (id) => {
    const { allow, deny } = before.find((one) => one.role_id === id) ?? NOTHING;
    const chosen: [Permission, boolean, readonly number[]][] = [
      ["read", isPrivate, readers],
      ["write", isAnnouncement, writers],
    ];
    const given = chosen.flatMap(([one, counts, ids]) => (counts && ids.includes(id) ? [one] : []));
    const taken = chosen.flatMap(([one, counts, ids]) => (counts && !ids.includes(id) ? [one] : []));
    return {
      ...{ role_id: id, user_id: null },
      ...{ allow: union(without(allow, taken), given), deny: without(deny, given) },
    };
  });
  if (me !== undefined && isPrivate) {
    const { allow, deny } = before.find(isMine) ?? NOTHING;
    next.push({ role_id: null, user_id: me, allow: union(allow, ["read"]), deny: without(deny, ["read"]) });
  }
  const of = before.find((one) => one.role_id === EVERYONE) ?? NOTHING;
  const denied: Permission[] = [
    ...(isPrivate ? (["read"] as const) : []),
    ...(isAnnouncement ? (["write"] as const) : []),
  ];
  next.push({
    ...{ role_id: EVERYONE, user_id: null, allow: without(of.allow, denied) },
    deny: union(without(of.deny, ["read", "write"]), denied),
  });
  const former = (one: Override) =>
    before.find(({ role_id: id, user_id: user }) => id === one.role_id && user === one.user_id) ?? NOTHING;
  const isSame = (one: Override) => same(one.allow, former(one).allow) && same(one.deny, former(one).deny);
  const turn = (one: Override) => {
    if (one.role_id === EVERYONE) return 1;
    return one.allow.length >= former(one).allow.length ? 0 : 2;
  };
  return next.filter((one) => !isSame(one)).toSorted((one, other) => turn(one) - turn(other));
}

const NOTHING: Pick<Override, "allow" | "deny"> = { allow: [], deny: [] };

function without(all: readonly Permission[], taken: readonly Permission[]): Permission[] {
  return all.filter((one) => !taken.includes(one));
}

function union(some: readonly Permission[], others: readonly Permission[]): Permission[] {
  return [...new Set([...some, ...others])];
}

function same(some: readonly Permission[], others: readonly Permission[]): boolean {
  return some.length === others.length && some.every((one) => others.includes(one));
}
