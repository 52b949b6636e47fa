import { z } from "zod";
import { CategoryId, ConversationId, SpaceId, UserId } from "../ids.ts";
import { RoleColor, RoleId } from "./role.ts";

/** A channel, as what a member is told of its changes has it. */
const ViewedChannel = z.object({
  ...{ id: ConversationId, name: z.string(), topic: z.string(), ownerId: UserId.nullable() },
  ...{ slowModeS: z.int(), categoryId: CategoryId.nullable() },
});

/** A role, as what a member is told of its changes has it. */
const ViewedRole = z.object({
  ...{ id: RoleId, name: z.string(), color: RoleColor.nullable(), position: z.int() },
  ...{ permissions: z.int(), mentionable: z.boolean(), hoist: z.boolean() },
});

/** A ban, as what a member is told of its changes has it. */
const ViewedBan = z.object({ userId: UserId, bannedBy: UserId });

/** What a member sees of a space, to be compared with what they saw before. */
export const SpaceView = z.object({
  id: SpaceId,
  ...{ name: z.string(), avatar: z.string(), description: z.string(), ownerId: UserId },
  /** those that the member can read, in their order */
  channels: z.array(ViewedChannel),
  /** highest first, without `everyone` */
  roles: z.array(ViewedRole),
  /** in the order in which they came; null: too many are in it to be compared */
  members: z.array(UserId).nullable(),
  /** of members who have one; absent: too many are in it, or have one, to be compared */
  nameCards: z.array(z.tuple([UserId, z.string()])).optional(),
  /** who is banned; absent: the member may not see it, or there are more than `MAX_VIEWED_BANS` */
  bans: z.array(ViewedBan).optional(),
});
export type SpaceView = z.infer<typeof SpaceView>;

/** The most spaces that are viewed at once, the newest ones: an event makes 1,000 queries at most. */
export const MAX_VIEWS = 180;

/** The most name cards that are viewed, each up to 400 bytes. */
export const MAX_VIEWED_CARDS = 500;

/** The most bans that are viewed, each about 40 bytes. */
export const MAX_VIEWED_BANS = 1_000;

/** A change of what a member sees. `before` null: they came into the space; `after` null: they are out. */
export interface SpaceChange {
  before: SpaceView | null;
  after: SpaceView | null;
  /** the space is over */
  isOver: boolean;
}
