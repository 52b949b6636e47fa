import type { Permission } from "../../../src/domain/spaces/permission.ts";

/**
 * What docs/guides/spaces.md says of rights, written a second time: nothing here is of the product, whose
 * answers are compared with it.
 */

/** The roles of the space, besides `everyone`. */
export const ROLES = ["growers", "hosts"] as const;
export type Role = (typeof ROLES)[number];

/** Whose rights an override of a channel changes: those of all, of the members of a role, of each actor. */
export const TARGETS = ["everyone", ...ROLES, "self"] as const;
export type Target = (typeof TARGETS)[number];

/** What the roles give in the space. Nothing gives the other permissions there. */
export const GIVEN: Record<"everyone" | Role, readonly Permission[]> = {
  everyone: ["read", "write", "reactions", "invite"],
  growers: ["threads", "files", "pin", "kick", "manage_space"],
  hosts: ["manage_messages", "manage_channel", "manage_roles", "ban", "see_audit"],
};

/** All permissions, in the order of the guide. */
const PERMISSIONS: readonly Permission[] = [
  ...(["read", "write", "threads", "reactions", "files", "mention_all", "pin", "manage_messages"] as const),
  ...(["invite", "manage_channel", "manage_roles", "manage_space", "kick", "ban", "see_audit"] as const),
];

type Said = "allow" | "deny";
/** The overrides of a channel. */
export type Setting = Record<Target, Partial<Record<Permission, Said>>>;

/** Nine rows in which each two of four columns have each pair of three values: an orthogonal array. */
const ROWS = [0, 1, 2].flatMap((a) => [0, 1, 2].map((b) => [a, b, (a + b) % 3, (a + 2 * b) % 3]));
const VALUES: readonly (Said | undefined)[] = [undefined, "allow", "deny"];

/**
 * The settings that are tried: of each permission each pair of overrides of two targets. The first nine leave
 * `read` as it is, so that the others can be seen.
 */
export function settings(): Setting[] {
  return [0, 1].flatMap((round) => ROWS.map((_, at) => settingOf(round, at)));
}

function settingOf(round: number, at: number): Setting {
  const of = (target: Target): Partial<Record<Permission, Said>> => {
    const said: Partial<Record<Permission, Said>> = {};
    for (const [number, permission] of PERMISSIONS.entries()) {
      if (permission === "read" && round === 0) continue;
      // Each permission goes through the rows, the columns and the values in another order.
      const row = ROWS[(at * (1 + (number % 2)) + number + round) % ROWS.length];
      const value = row?.[(TARGETS.indexOf(target) + number) % TARGETS.length];
      const chosen = VALUES[((value ?? 0) + number + round) % VALUES.length];
      if (chosen) said[permission] = chosen;
    }
    return said;
  };
  return { everyone: of("everyone"), growers: of("growers"), hosts: of("hosts"), self: of("self") };
}

/** The permissions of one kind in an override. */
export function named(override: Setting[Target], what: Said): Permission[] {
  return PERMISSIONS.filter((permission) => override[permission] === what);
}

/** Whether a member has a permission in the space: by `everyone`, or by a role. */
export function hasInSpace(roles: readonly Role[], permission: Permission): boolean {
  return ["everyone" as const, ...roles].some((role) => GIVEN[role].includes(permission));
}

/**
 * Whether a member has a permission in a channel. The overrides come in the order of `everyone`, one's roles
 * together, oneself; each denies before it allows. Without `read` nothing is left. What `everyone` is denied
 * of `write` makes an announcement channel, in which who manages the channel writes all the same.
 */
export function hasInChannel(roles: readonly Role[], setting: Setting, permission: Permission): boolean {
  const after = (of: Permission, isSpared = false): boolean => {
    let has = hasInSpace(roles, of);
    for (const step of [["everyone"], roles, ["self"]] as const) {
      const said = step.map((target) => setting[target][of]);
      if (said.includes("deny") && !(isSpared && step[0] === "everyone")) has = false;
      if (said.includes("allow")) has = true;
    }
    return has;
  };
  if (!after("read")) return false;
  return after(permission) || (permission === "write" && after("manage_channel") && after("write", true));
}
