import { z } from "zod";
import { randomHex } from "../../lib/random.ts";
import type { User } from "../accounts/user.ts";
import type { ConversationId, UserId } from "../ids.ts";
import type { RoleId } from "./role.ts";
import type { Space } from "./space.ts";

/**
 * The code of an invitation to a space: 128 random bits behind a letter that no code of a group begins with.
 * Who has the code may come in.
 */
export const SpaceCode = z
  .string()
  .regex(/^S-[0-9a-f]{32}$/)
  .brand<"SpaceCode">();
export type SpaceCode = z.infer<typeof SpaceCode>;

/** A new code. */
export function newSpaceCode(): SpaceCode {
  return SpaceCode.parse(`S-${randomHex()}`);
}

/** A code with which users come into a space until its end. Times are in ms since 1970. */
export interface SpaceInvitation {
  code: SpaceCode;
  createdBy: UserId;
  createdAt: number;
  expiresAt: number;
  /** how many users it lets in; null: any number */
  maxUses: number | null;
  /** how many it has let in */
  uses: number;
  /** what a newcomer gets: roles, and channels that they follow besides the default ones */
  roleIds: readonly RoleId[];
  channelIds: readonly ConversationId[];
}

/** What an invitation shows to whoever has its code. */
export interface InvitedSpace {
  space: Pick<Space, "id" | "name" | "avatar" | "description" | "memberCount">;
  expiresAt: number;
  isMember: boolean;
  /** who made the invitation; null: the account is deleted */
  inviter: Pick<User, "username" | "nickname" | "avatar"> | null;
}
