import { z } from "zod";
import type { Person } from "../accounts/person.ts";
import type { CustomFields } from "../custom-fields.ts";
import type { ConversationCode, ConversationId, Handle, Position, UserId } from "../ids.ts";
import type { Mentioned, Message } from "../messages/message.ts";
import type { JoinPolicy, PolicyName, Role } from "./group-kind.ts";

export const ConversationKind = z.enum(["direct", "group"]);
export type ConversationKind = z.infer<typeof ConversationKind>;

/** Whether somebody is in a conversation. Who left stays on record, so that nothing is resurrected. */
export const MemberState = z.enum(["active", "left"]);
export type MemberState = z.infer<typeof MemberState>;

/** The same as a member's list has it: nobody is in a dissolved group. */
export type ListState = MemberState | "dissolved";

/** A member's own flags: kept on top, no sound, wants a second check before it is shown. */
export interface Preferences {
  pinned: boolean;
  silent: boolean;
  validation: boolean;
}

/** What all members share of a conversation. */
export interface Profile {
  kind: ConversationKind;
  /** of a direct conversation, which is called after the other one, what it was given when it was created, or `""` */
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
  /** a group's given id; null: it goes by its number */
  handle: Handle | null;
  /** plain members may not write */
  muteAll: boolean;
  /** how many members a group takes, where these are fewer than others of its kind; else null */
  maxMembers: number | null;
  customFields: CustomFields;
  /** rises with each change of the profile; 0: never changed */
  version: number;
  /** when it was last changed (ms), or created */
  changedAt: number;
}

/** What D1 says of the two of a direct conversation; a group has none of it. */
export interface DirectFlags {
  /** one of them blocks the other */
  blocked: boolean;
  friends: boolean;
  /** only friends may write; settled at creation */
  friendsOnly: boolean;
}

/** How one member stands to the messages: what is there, and what he has read. */
export interface ReadState {
  lastSeq: Position;
  readSeq: Position;
  /** when his read position last moved (ms); 0: never */
  readAt: number;
  /** 0 for who discards what comes */
  unreadCount: number;
  /** he takes no notice of it: nothing is unread to him */
  ignoresUnread: boolean;
  /** the messages among the unread ones that name him, the newest first, or the newest of very many */
  mentioned: Mentioned[];
  /** how far the other one has read, in a direct conversation; null: not told yet */
  peerRead: ReadPoint | null;
  memberCount: number;
  /** milliseconds; the newest message's time, or that of the conversation's creation */
  updatedAt: number;
}

/** How far somebody has read, and when he last moved there (ms; 0: never). */
export type ReadPoint = Pick<ReadReceipt, "readSeq" | "readAt">;

/** A conversation as one member sees it. */
export interface Conversation extends Profile, ReadState, Preferences {
  id: ConversationId;
  code: ConversationCode;
  /** of a direct conversation: what it was called when it was created, or `""` */
  givenName: string;
  role: Role;
  /** when the caller came in (ms) */
  joinedAt: number;
  /** of a group */
  owner: Person | null;
  /** the caller as its object knows him; absent in lists */
  own?: Membership;
  /** the other one, in a direct conversation */
  peer?: Person & { online: boolean };
  lastMessage: Message | null;
  /** the caller cannot write here */
  disabled: boolean;
}

/** What D1 adds to a conversation for one member. */
export interface ConversationRecord {
  id: ConversationId;
  code: ConversationCode;
  profile: Profile;
  role: Role;
  joinedAt: number;
  owner: Person | null;
  preferences: Preferences;
  /** the other one of a direct conversation */
  peer: (Person & { online: boolean }) | null;
  /** a direct conversation in which its two may not write; one which he has left, or which is dissolved */
  disabled: boolean;
  /** who wrote the last message */
  sender: Person | null;
  /** who else was asked for beside it */
  people: Person[];
}

/** A conversation as one member sees it, put together of what its object and D1 know. */
export function composeConversation(
  id: ConversationId,
  {
    code,
    profile,
    role,
    joinedAt,
    owner,
    preferences,
    peer,
    disabled,
  }: Omit<ConversationRecord, "id" | "sender" | "people">,
  readState: ReadState,
  lastMessage: Message | null,
): Conversation {
  const { lastSeq, readSeq, readAt, unreadCount, memberCount, updatedAt } = readState;
  const { ignoresUnread, mentioned, peerRead } = readState;
  return {
    id,
    code,
    ...profile,
    givenName: profile.name,
    // A direct conversation is called after the other one.
    ...(peer && { name: peer.nickname || peer.username, avatar: peer.avatar, peer }),
    ...preferences,
    ...{ lastSeq, readSeq, readAt, unreadCount, memberCount, updatedAt },
    ...{ ignoresUnread, mentioned, peerRead },
    ...{ role, joinedAt, owner },
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
  customFields: CustomFields;
}

/** How far a member has read, and when he last moved there (0: never). */
export interface ReadReceipt {
  userId: UserId;
  readSeq: Position;
  readAt: number;
}
