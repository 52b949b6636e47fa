import { z } from "zod";
import type { UserId } from "../ids.ts";

/** A role's id: an integer from 1 up, assigned by the roles table; 0 is the role `everyone` of each space. */
export const RoleId = z.int().nonnegative().brand<"RoleId">();
export type RoleId = z.infer<typeof RoleId>;

/** The role that every member of a space has. It is below all others. */
export const EVERYONE_ROLE: RoleId = RoleId.parse(0);

/** The colour of a role: `#rrggbb`. */
export const RoleColor = z
  .string()
  .regex(/^#[0-9a-f]{6}$/, "must be # and six hexadecimal digits, lower-case")
  .brand<"RoleColor">();
export type RoleColor = z.infer<typeof RoleColor>;

/** Whom mentions of roles, and of followers who are online, reach in a channel. */
export interface MentionedMembers {
  /** the roles that exist */
  roles: Pick<SpaceRole, "id" | "mentionable">[];
  /** who has one of them; where that is one more than may be reached, there are more */
  byRoles: UserId[];
  /** followers who are online: some of them, where more are */
  here: UserId[];
}

/** A role as its space shows it. */
export interface SpaceRole {
  id: RoleId;
  name: string;
  /** null: none of its own */
  color: RoleColor | null;
  /** higher is above */
  position: number;
  permissions: number;
  /** whether every member may mention it */
  mentionable: boolean;
  /** whether its members are shown apart from others */
  hoist: boolean;
  memberCount: number;
}
