import type { ConversationEntry } from "parley-client";
import { isMuted } from "parley-client/attention";
import type { Member } from "parley-client/people";
import { nowUntil } from "../lib/time/until.ts";

/** A group in the user's list. */
export type GroupEntry = Extract<ConversationEntry, { kind: "group" }>;
type Role = GroupEntry["role"];

const RANK: Record<Role, number> = { viewer: -1, member: 0, admin: 1, owner: 2 };

/** Whether a role changes the group's profile and decides who is in it. */
export function isManager(role: Role): boolean {
  return RANK[role] >= RANK.admin;
}

/** Whether a role may mute, remove and ban a member with another one. */
export function isAbove(role: Role, other: Role): boolean {
  return isManager(role) && RANK[role] > RANK[other];
}

/** Whether a member may not write by now. What draws it does so again when that ends. */
export function isSilenced(member: Member): boolean {
  return isMuted(member, nowUntil(member.muted_until));
}
