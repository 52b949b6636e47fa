import type { ConversationEntry } from "parley-client";
import { isMuted } from "parley-client/attention";
import type { Member } from "parley-client/people";
import { nowUntil } from "../lib/time/until.ts";

/** A group in the user's list. */
export type GroupEntry = Extract<ConversationEntry, { kind: "group" }>;
type Role = GroupEntry["role"];

/** Whether a role changes the group's profile and decides who is in it. */
export function isManager(role: Role): boolean {
  return role === "owner" || role === "admin";
}

/** Whether a conversation is a channel: who may read it, and comes to it, is said by its space. */
export function isChannel(entry: object): boolean {
  return "space_id" in entry;
}

/** The name of a conversation above its messages. */
export function titleOf(entry: { name: string }): string {
  return (isChannel(entry) ? "# " : "") + entry.name;
}

/** Whether a user may write in a group, if no mute and no slow mode keeps them from it. */
export function mayWrite({ role, may_write: who }: Pick<GroupEntry, "role" | "may_write">): boolean {
  return isManager(role) || who === "everybody" || (who === "members" && role === "member");
}

/** Whether a role may mute, remove and ban a member with another one. */
export function isAbove(role: Role, other: Role): boolean {
  return isManager(role) && other !== "owner" && (role === "owner" || other !== "admin");
}

/** Whether a member may not write by now. What draws it does so again when that ends. */
export function isSilenced(member: Member): boolean {
  return isMuted(member, nowUntil(member.muted_until));
}
