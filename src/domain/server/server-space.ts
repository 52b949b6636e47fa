import type { CategoryId, ConversationId, SpaceId, UserId } from "../ids.ts";
import type { StoredCategory } from "../spaces/category.ts";
import type { StoredChannel } from "../spaces/channel.ts";
import type { PermissionBits } from "../spaces/permission.ts";
import type { Override } from "../spaces/rights.ts";
import type { RoleId, SpaceRole } from "../spaces/role.ts";
import type { Space } from "../spaces/space.ts";
import type { ExternalId } from "./user-ref.ts";

/** A role as the team's backend sees it: without `everyone`. */
export interface ServerRole extends SpaceRole {
  /** of exports alone, where no backend has named the role */
  externalId: ExternalId;
}

/** A category as the team's backend sees it. */
interface ServerCategory extends StoredCategory {
  externalId: ExternalId | null;
}

/** A channel as the team's backend sees it. */
export interface ServerChannel extends Pick<StoredChannel, "id" | "name" | "topic" | "isDefault"> {
  /** null: none */
  externalId: ExternalId | null;
  /** null: none */
  categoryId: CategoryId | null;
  /** those of roles, `everyone` among them */
  overrides: readonly Override[];
  /** how many it has, with those of users */
  overrideCount: number;
}

/** A space as the team's backend sees it, with all that it has but its members. */
export interface ServerSpace extends Space {
  /** null: none */
  externalId: ExternalId | null;
  /** another one after each change of what members may do */
  version: number;
  /** what every member may do */
  everyone: PermissionBits;
  /** ms since 1970; null: it is not dissolved */
  dissolvedAt: number | null;
  /** highest first */
  roles: readonly ServerRole[];
  /** in their order */
  categories: readonly ServerCategory[];
  /** in their order */
  channels: readonly ServerChannel[];
}

/** A member of a space as the team's backend sees them. */
export interface ServerSpaceMember {
  userId: UserId;
  /** null: none */
  externalId: ExternalId | null;
  /** ms since 1970 */
  joinedAt: number;
  /** until when they may not write (ms since 1970) */
  mutedUntil: number;
  /** highest first, without `everyone` */
  roleIds: readonly RoleId[];
}

/** A conversation that has an external id, as the place of a channel. */
export interface NamedPlace {
  id: ConversationId;
  externalId: ExternalId;
  spaceId: SpaceId | null;
  isDissolved: boolean;
}
