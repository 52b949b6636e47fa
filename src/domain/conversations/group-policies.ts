import type { Profile } from "./conversation.ts";
import type { JoinPolicy, PolicyName, Role } from "./group-kind.ts";

/**
 * Who may do something, by his least role. Whatever it says, an admin acts on plain members alone,
 * and nobody on the owner.
 */
export type GroupAudience = Role | "nobody";

/** What a kind of group allows. */
export interface Policy {
  /** how somebody comes in by himself: as the group's own join policy says, always, never */
  join: "as_set" | "free" | "never";
  /** whether those who are not in it may see its profile: everybody, nobody, everybody unless it is closed */
  seen: "always" | "never" | "unless_closed";
  /** whether whoever creates it brings others; if not, they are left out */
  initialRoles: boolean;
  /** who lets in those who apply */
  approve: GroupAudience;
  /** who adds others */
  invite: GroupAudience;
  /** who changes the profile and the join policy */
  edit: GroupAudience;
  remove: GroupAudience;
  mute: GroupAudience;
  /** who makes admins, and takes it back */
  roles: GroupAudience;
  /** who gives the group to another member */
  handOver: GroupAudience;
  /** what happens when the owner leaves: he may not, or who has been a member longest follows him */
  ownerLeaves: "refused" | "succession";
  dissolve: GroupAudience;
  /** whether who joins sees what was before */
  history: boolean;
  /** whether messages count as unread */
  unread: boolean;
  /** how many members at most, where that is less than the setting `MAX_GROUP_MEMBERS` */
  maxMembers: number | null;
}

const GROUP: Policy = {
  join: "as_set",
  seen: "unless_closed",
  initialRoles: true,
  approve: "admin",
  invite: "admin",
  edit: "admin",
  remove: "admin",
  mute: "admin",
  roles: "owner",
  handOver: "owner",
  ownerLeaves: "refused",
  dissolve: "owner",
  history: false,
  unread: true,
  maxMembers: null,
};

/** The kinds of group. `group` is the one of every surface but the Tencent-like, whose five follow. */
export const POLICIES: Record<PolicyName, Policy> = {
  group: GROUP,
  private: {
    ...GROUP,
    join: "never",
    seen: "never",
    invite: "member",
    edit: "member",
    remove: "owner",
    mute: "nobody",
    roles: "nobody",
    ownerLeaves: "succession",
    dissolve: "nobody",
  },
  public: { ...GROUP, seen: "always", invite: "nobody" },
  chatroom: { ...GROUP, join: "free", seen: "always", invite: "nobody", history: true, unread: false },
  community: { ...GROUP, join: "free", seen: "always", invite: "member", history: true },
  livestream: {
    ...GROUP,
    join: "free",
    seen: "always",
    initialRoles: false,
    invite: "nobody",
    edit: "owner",
    remove: "nobody",
    mute: "owner",
    roles: "nobody",
    handOver: "nobody",
    unread: false,
  },
};

const RANK: Record<GroupAudience, number> = { member: 0, admin: 1, owner: 2, nobody: 3 };

/** Whether a role is among those who may. */
export function may(role: Role, audience: GroupAudience): boolean {
  return RANK[role] >= RANK[audience];
}

/** Whether one role may act on another at all: the owner on everybody else, an admin on plain members. */
export function outranks(actor: Role, target: Role): boolean {
  return RANK[actor] > RANK[target];
}

/** How somebody comes in by himself, where a kind of group leaves that open to each, and where it does not. */
const JOIN_MODES: Record<Policy["join"], (set: JoinPolicy) => JoinPolicy> = {
  as_set: (set) => set,
  free: () => "free",
  never: () => "closed",
};

/** How somebody comes into a group by himself, as its kind has it, or else as it is set. */
export function joinMode({ policy, joinPolicy }: Pick<Profile, "policy" | "joinPolicy">): JoinPolicy {
  return JOIN_MODES[POLICIES[policy].join](joinPolicy);
}

/** Whether who is not in a group may see its profile. */
export function isVisibleTo(profile: Pick<Profile, "policy" | "joinPolicy">): boolean {
  const { seen } = POLICIES[profile.policy];
  return seen === "always" || (seen === "unless_closed" && joinMode(profile) !== "closed");
}

/** How many members a group takes. @param most the setting `MAX_GROUP_MEMBERS` */
export function capacityOf(
  { policy, maxMembers }: Pick<Profile, "policy" | "maxMembers">,
  most: number,
): number {
  return Math.min(POLICIES[policy].maxMembers ?? most, maxMembers ?? most, most);
}
