import { type ClientGroupId, ConversationCode, type UserId } from "../../domain/ids.ts";
import { type ChannelLook, type ChannelProfile, withLook } from "../../domain/spaces/channel.ts";
import { bitsOf, type PermissionBits } from "../../domain/spaces/permission.ts";
import type { Override } from "../../domain/spaces/rights.ts";
import { EVERYONE_ROLE, type RoleId } from "../../domain/spaces/role.ts";
import { randomHex } from "../../lib/random.ts";
import type { FirstChannel } from "../../storage/spaces/spaces.ts";

/** A new channel as D1 stores it, of which its maker is the owner. */
export function newChannel(
  ownerId: UserId,
  {
    name,
    topic = "",
    clientGroupId = null,
    profile,
  }: {
    name: string;
    topic?: string | undefined;
    clientGroupId?: ClientGroupId | null;
    profile?: ChannelProfile | undefined;
  },
): FirstChannel {
  return {
    ...{
      name,
      introduction: topic,
      policy: "channel",
      joinPolicy: "closed",
      viewers: "none",
      among: "anybody",
    },
    ...{ avatar: "", announcement: "", customFields: {}, ...profile },
    ...{ handle: null, maxMembers: null, discoverable: null },
    ...{ clientGroupId, externalId: null, metadata: "", history: null, mayLeave: false },
    ...{ retentionDays: null, legalHold: false, slowModeS: 0, muteAll: false },
    code: ConversationCode.parse(randomHex()),
    ownerId,
    members: [{ userId: ownerId, role: "owner", customFields: {} }],
    createdAt: Date.now(),
  };
}

/**
 * What a new channel denies to `everyone`, and allows to whom its maker names, and to them as they may.
 * @param maker null: a backend
 */
export function firstOverrides(
  maker: { userId: UserId; permissions: PermissionBits } | null,
  look: ChannelLook,
  { roleIds, userIds }: { roleIds: readonly RoleId[]; userIds: readonly UserId[] },
): Override[] {
  const denied = withLook({ allow: 0, deny: 0 }, look).deny;
  if (denied === 0) return [];
  const reads = { allow: bitsOf(["read"]), deny: 0 };
  const others = new Set(userIds.filter((userId) => userId !== maker?.userId));
  return [
    { roleId: EVERYONE_ROLE, userId: null, allow: 0, deny: denied },
    ...(maker ? [{ roleId: null, userId: maker.userId, allow: denied & maker.permissions, deny: 0 }] : []),
    ...Array.from(new Set(roleIds), (roleId) => ({ roleId, userId: null, ...reads })),
    ...Array.from(others, (userId) => ({ roleId: null, userId, ...reads })),
  ];
}
