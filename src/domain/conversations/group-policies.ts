import { LIMITS } from "../limits.ts";
import type { Profile } from "./conversation.ts";
import type { JoinPolicy, PolicyName, Role, Viewing } from "./group-kind.ts";

/**
 * The lowest role that may perform an action. Independent of it, an admin acts only on plain members, and
 * nobody acts on the owner.
 */
export type GroupAudience = Role | "nobody";

/** The rules of a group kind. */
export interface Policy {
  /** how users join without being added: by the group's own join policy, always, never */
  join: "as_set" | "free" | "never";
  /**
   * whether strangers find a group: by its own setting, which is on or off where the group has none, or never
   */
  discoverable: "on" | "off" | "never";
  /**
   * whether strangers learn that a group exists which they cannot find: the document of the kind's API has
   * codes of its own for that
   */
  existence: "hidden" | "shown";
  /** whether a group is created with further members; if not, they are left out */
  initialRoles: boolean;
  /** may decide join requests */
  approve: GroupAudience;
  /** may add users */
  invite: GroupAudience;
  /** may make, see and withdraw invitations: codes with which users join whatever the join policy says */
  invitations: GroupAudience;
  /** may make, see, rotate and delete incoming hooks: URLs to which other services post messages */
  incomingHooks: GroupAudience;
  /** may edit messages of their own */
  editMessages: GroupAudience;
  /** may change the custom data of messages, also of others */
  customData: GroupAudience;
  /** may see what an edited message said before; `nobody`: it is not kept */
  editHistory: GroupAudience;
  /** may change the profile and the join policy */
  edit: GroupAudience;
  remove: GroupAudience;
  mute: GroupAudience;
  /** may pin messages, and unpin them */
  pin: GroupAudience;
  /** may send polls, unless they may not write; who may write may vote */
  poll: GroupAudience;
  /** may make members admins, and revoke it */
  roles: GroupAudience;
  /** may make another member the owner */
  handOver: GroupAudience;
  /** the effect of the owner's leaving: it is refused, or the longest-standing member becomes the owner */
  ownerLeaves: "refused" | "succession";
  dissolve: GroupAudience;
  /** may write in threads, unless the group has them switched off */
  thread: GroupAudience;
  /** may react to messages, unless they may not write */
  react: GroupAudience;
  /** whether new members see messages from before they joined, where the group has no setting of its own */
  history: boolean;
  /** whether messages count as unread */
  unread: boolean;
  /** what users may do who are no members, where a group is created without a setting of its own */
  viewers: Viewing;
}

/** An action for which a policy names the roles. */
export type Capability = {
  [Part in keyof Policy]: Policy[Part] extends GroupAudience ? Part : never;
}[keyof Policy];

const GROUP: Policy = {
  join: "as_set",
  discoverable: "off",
  existence: "hidden",
  initialRoles: true,
  approve: "admin",
  invite: "admin",
  invitations: "admin",
  incomingHooks: "admin",
  editMessages: "member",
  customData: "member",
  editHistory: "member",
  edit: "admin",
  remove: "admin",
  mute: "admin",
  pin: "admin",
  poll: "member",
  roles: "owner",
  handOver: "owner",
  ownerLeaves: "refused",
  dissolve: "owner",
  thread: "member",
  react: "member",
  history: false,
  unread: true,
  viewers: "none",
};

/**
 * The rules by group kind. `group` serves all surfaces except tim, which has five others. In a `channel` the
 * permissions of its space count, and no role.
 */
export const POLICIES: Record<PolicyName, Policy> = {
  group: GROUP,
  private: {
    ...GROUP,
    join: "never",
    discoverable: "never",
    existence: "shown",
    invite: "member",
    edit: "member",
    remove: "owner",
    mute: "nobody",
    roles: "nobody",
    ownerLeaves: "succession",
    dissolve: "nobody",
  },
  public: { ...GROUP, discoverable: "on", invite: "nobody" },
  chatroom: {
    ...GROUP,
    join: "free",
    discoverable: "on",
    invite: "nobody",
    editHistory: "admin",
    history: true,
    unread: false,
  },
  community: { ...GROUP, join: "free", discoverable: "on", invite: "member", history: true },
  livestream: {
    ...GROUP,
    join: "free",
    discoverable: "on",
    initialRoles: false,
    invite: "nobody",
    customData: "nobody",
    editHistory: "admin",
    edit: "owner",
    remove: "nobody",
    mute: "owner",
    roles: "nobody",
    handOver: "nobody",
    thread: "nobody",
    unread: false,
    viewers: "write",
  },
  channel: {
    ...GROUP,
    join: "never",
    discoverable: "never",
    initialRoles: false,
    approve: "nobody",
    invite: "nobody",
    invitations: "nobody",
    incomingHooks: "owner",
    edit: "owner",
    remove: "nobody",
    mute: "owner",
    pin: "owner",
    roles: "nobody",
    handOver: "nobody",
    history: true,
  },
};

const RANK: Record<GroupAudience, number> = { member: 0, admin: 1, owner: 2, nobody: 3 };

/** Whether a role belongs to an audience. */
export function may(role: Role, audience: GroupAudience): boolean {
  return RANK[role] >= RANK[audience];
}

/** Whether a member may mention all: in a group of many the owner and the admins may. */
export function mayMentionAll(role: Role, memberCount: number): boolean {
  return role !== "member" || memberCount <= LIMITS.openMentionAll;
}

/** Whether one role may act on another: the owner on all others, an admin on plain members. */
export function outranks(actor: Role, target: Role): boolean {
  return RANK[actor] > RANK[target];
}

/** The effective join policy by `Policy.join`, from the join policy that the group has set. */
const JOIN_MODES: Record<Policy["join"], (own: JoinPolicy) => JoinPolicy> = {
  as_set: (own) => own,
  free: () => "free",
  never: () => "closed",
};

/** The effective join policy of a group: that of its kind, or else its own. */
export function joinMode({ policy, joinPolicy }: Pick<Profile, "policy" | "joinPolicy">): JoinPolicy {
  return JOIN_MODES[POLICIES[policy].join](joinPolicy);
}

/** Whether strangers find a group and see a part of its profile: the setting of its kind, or else its own. */
export function isDiscoverable({ policy, discoverable }: Pick<Profile, "policy" | "discoverable">): boolean {
  return canBeFound({ policy }) && (discoverable ?? POLICIES[policy].discoverable === "on");
}

/** Whether a group of this kind can be discoverable. */
export function canBeFound({ policy }: Pick<Profile, "policy">): boolean {
  return POLICIES[policy].discoverable !== "never";
}

/**
 * Whether new members see the messages from before they joined: the setting of the group, or of its kind.
 * Those of an audience room do, as viewers see all messages, unless its kind always is one.
 */
export function showsHistory(profile: Pick<Profile, "policy" | "history" | "viewers">): boolean {
  const { history, viewers } = POLICIES[profile.policy];
  return profile.history ?? (history || (isAudienceRoom(profile) && viewers === "none"));
}

/** Whether users may look at a group without being members, if its join policy lets everybody in. */
export function isAudienceRoom({ viewers }: Pick<Profile, "viewers">): boolean {
  return viewers !== "none";
}

/** Whether everybody may look at a group now: not where its kind is found by strangers, and it is hidden. */
export function letsLook(
  profile: Pick<Profile, "viewers" | "policy" | "joinPolicy" | "discoverable">,
): boolean {
  const isHidden = POLICIES[profile.policy].discoverable === "on" && !isDiscoverable(profile);
  return isAudienceRoom(profile) && joinMode(profile) === "free" && !isHidden;
}

/** A group's profile as strangers see it: without announcement, custom fields and metadata. */
export function profileForStrangers(profile: Profile): Profile {
  return { ...profile, announcement: "", customFields: {}, metadata: "" };
}

/** The maximum number of members of a group. @param limit the setting `MAX_GROUP_MEMBERS` */
export function capacityOf({ maxMembers }: Pick<Profile, "maxMembers">, limit: number): number {
  return Math.min(maxMembers ?? limit, limit);
}
