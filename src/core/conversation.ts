import { z } from "zod";
import type { ConversationId, Position, UserId } from "./ids.ts";
import type { Message, Person } from "./message.ts";
import type { PolicyName } from "./policies.ts";

export const ConversationKind = z.enum(["direct", "group"]);
export type ConversationKind = z.infer<typeof ConversationKind>;

export const Role = z.enum(["owner", "admin", "member"]);
export type Role = z.infer<typeof Role>;

/** Who may join a group: anyone, whoever is let in, only who is added. */
export const JoinPolicy = z.enum(["free", "approval", "closed"]);
export type JoinPolicy = z.infer<typeof JoinPolicy>;

/** Whether somebody is in a conversation. Who left stays on record, so that nothing is resurrected. */
export const MemberState = z.enum(["active", "left"]);
export type MemberState = z.infer<typeof MemberState>;

/** The same as a member's list has it: nobody is in a dissolved group. */
export type ListState = MemberState | "dissolved";

/** A member's own flags: kept on top, no sound, wants a second check before it is shown. */
export interface Preferences {
  sticky: boolean;
  silent: boolean;
  validation: boolean;
}

/** What all members share of a conversation. */
export interface Profile {
  kind: ConversationKind;
  /** `""` in a direct conversation */
  name: string;
  avatar: string;
  introduction: string;
  announcement: string;
  joinPolicy: JoinPolicy;
  /** what kind of group it is; of no meaning in a direct conversation */
  policy: PolicyName;
  /** null in a direct conversation */
  ownerId: UserId | null;
  createdAt: number;
}

/** What D1 says of the two of a direct conversation; a group has none of it. */
export interface Flags {
  /** one of them blocks the other */
  blocked: boolean;
  friends: boolean;
  /** only friends may write; settled at creation */
  friendsOnly: boolean;
}

/** How one member stands to the messages: what is there, and what he has read. */
export interface Standing {
  lastSeq: Position;
  readSeq: Position;
  unreadCount: number;
  memberCount: number;
  /** milliseconds; the newest message's time, or that of the conversation's creation */
  updatedAt: number;
}

/** A conversation as one member sees it. */
export interface Conversation extends Profile, Standing, Preferences {
  id: ConversationId;
  role: Role;
  /** the other one, in a direct conversation */
  peer?: Person & { online: boolean };
  lastMessage: Message | null;
  /** the caller cannot write here */
  disabled: boolean;
}

/** What D1 adds to a conversation for one member. */
export interface Listed {
  id: ConversationId;
  profile: Profile;
  role: Role;
  preferences: Preferences;
  /** the other one of a direct conversation */
  peer: (Person & { online: boolean }) | null;
  /** a direct conversation in which its two may not write */
  disabled: boolean;
  /** who wrote the last message */
  sender: Person | null;
}

/** A conversation as one member sees it, put together of what its object and D1 know. */
export function compose(
  id: ConversationId,
  { profile, role, preferences, peer, disabled }: Omit<Listed, "id" | "sender">,
  standing: Standing,
  lastMessage: Message | null,
): Conversation {
  const { lastSeq, readSeq, unreadCount, memberCount, updatedAt } = standing;
  return {
    id,
    ...profile,
    // A direct conversation is called after the other one.
    ...(peer && { name: peer.nickname || peer.username, avatar: peer.avatar, peer }),
    ...preferences,
    ...{ lastSeq, readSeq, unreadCount, memberCount, updatedAt },
    role,
    lastMessage,
    disabled,
  };
}

/** A member of a conversation, as its object knows him. */
export interface Membership {
  userId: UserId;
  role: Role;
  /** milliseconds since 1970; 0 or past: not muted */
  mutedUntil: number;
  /** what he is called in this group; `""`: by his own name */
  nameCard: string;
  joinedAt: number;
}

/** How far a member has read, and when he last moved there (0: never). */
export interface ReadReceipt {
  userId: UserId;
  readSeq: Position;
  readAt: number;
}
