import { z } from "zod";
import type { Person } from "../accounts/person.ts";
import type { CustomFields } from "../custom-fields.ts";
import type { ConversationCode, ConversationId, Handle, Position, Seq, SpaceId, UserId } from "../ids.ts";
import type { Mentioned, Message } from "../messages/message.ts";
import type { MetadataJson } from "../server/metadata.ts";
import { type ArchiveState, isArchived, type NewestCounted, shownMute } from "./archive.ts";
import type { ComposerDraft } from "./composer-draft.ts";
import type { JoinPolicy, PolicyName, Role, Viewing } from "./group-kind.ts";

/** The kind of a conversation: two users, or a group. */
export const ConversationKind = z.enum(["direct", "group"]);
export type ConversationKind = z.infer<typeof ConversationKind>;

/**
 * Whether a user is a member of a conversation. The row of a former member stays, so that late updates do not
 * restore it.
 */
export const MemberState = z.enum(["active", "left"]);
export type MemberState = z.infer<typeof MemberState>;

/** A member's state as their list has it. A dissolved group has no members. */
export type ListState = MemberState | "dissolved";

/**
 * A member's own preferences: pinned, muted (no sound), archived, and a password prompt of the client before
 * the conversation is shown.
 */
export interface Preferences {
  pinned: boolean;
  silent: boolean;
  /** until when it is silent (ms since 1970); 0: it is not, -1: for ever */
  mutedUntil: number;
  validation: boolean;
  archived: boolean;
}

/** A change of preferences; absent ones keep their value. `silent` and `mutedUntil` are never both given. */
export type PreferencesChange = { [Name in keyof Preferences]?: Preferences[Name] | undefined };

/** The preferences of which the inbox has a copy: pages of the list are cut by them. */
export interface ListPreferences extends ArchiveState {
  pinned: boolean;
}

/** A member's preferences as D1 stores them. */
interface StoredPreferences extends ListPreferences, OwnSorting {
  validation: boolean;
}

/** How a member sorts a conversation, and what they call the other user of a direct one. */
interface OwnSorting {
  /** the marks that the member has put on it: a bit each */
  marks: number;
  /** the names of the member's groups of conversations that it is in */
  groups: string[];
  /** the member's remark on the friend; `""`: none */
  remark: string;
}

/** The fields of a conversation that all members share. */
export interface Profile {
  kind: ConversationKind;
  /**
   * of a direct conversation: the name given at its creation, or `""`; readers see the other user's name
   * instead
   */
  name: string;
  avatar: string;
  introduction: string;
  announcement: string;
  joinPolicy: JoinPolicy;
  /** whether strangers find the group; null: as its kind says. Read it by `isDiscoverable` */
  discoverable: boolean | null;
  /** whether members may answer in threads */
  threads: boolean;
  /** whether messages show previews of what they link to, where the deployment has them */
  linkPreviews: boolean;
  /** what users may do who look and are no members, where the join policy lets them in. See `letsLook` */
  viewers: Viewing;
  /** the group kind; unused in a direct conversation */
  policy: PolicyName;
  /** null in a direct conversation */
  ownerId: UserId | null;
  createdAt: number;
  /** the id that a group's creator chose; null: the group is addressed by number */
  handle: Handle | null;
  /** members without a role of owner or admin may not write */
  muteAll: boolean;
  /** seconds between two messages of a member without a role of owner or admin; 0: slow mode is off */
  slowModeS: number;
  /** a limit on members below that of the group kind; null: none */
  maxMembers: number | null;
  customFields: CustomFields;
  /** what the team's backend, or who may change the group, keeps with it; strangers are not shown it */
  metadata: MetadataJson;
  /**
   * whether new members see what was before they came; null: as the group kind says. Read it by
   * `showsHistory`
   */
  history: boolean | null;
  /** whether members may leave */
  mayLeave: boolean;
  /** days after which a message expires; 0: never; null: as the deployment says (`RETENTION_DAYS`) */
  retentionDays: number | null;
  /** nothing expires meanwhile */
  legalHold: boolean;
  /** the space of which it is a channel; null: none */
  spaceId: SpaceId | null;
  /** rises with each change of the profile; 0: never changed */
  version: number;
  /** time of the last change, or of the creation (ms) */
  changedAt: number;
}

/** The direct permission of the two users of a direct conversation as D1 has it; a group has none. */
export interface DirectPermissionState {
  /** one of the two users blocks the other */
  blocked: boolean;
  friends: boolean;
  /** only friends may write; fixed at creation */
  friendsOnly: boolean;
}

/** A member's read state: the newest seq, the read position, the unread count and the mentions. */
export interface ReadState {
  lastSeq: Position;
  readSeq: Position;
  /** time of the last change of the read position (ms); 0: never */
  readAt: number;
  /** 0 while `ignoresUnread` is set */
  unreadCount: number;
  /** the member sees messages after it: those before have expired, or are not shown to them */
  visibleFrom: Position;
  /** the message that the member has marked unread, from which on unread ones count; null: none */
  unreadFrom: Seq | null;
  /** unread thread-only replies in the threads that the member follows; 0 while `ignoresUnread` is set */
  threadsUnread: number;
  /** the member ignores unread messages here: none counts as unread for them */
  ignoresUnread: boolean;
  /** the unread messages that mention the member, the newest first; of very many, only the newest */
  mentioned: Mentioned[];
  /** the read position of the other user of a direct conversation; null: not known yet, or across a block */
  peerRead: ReadPoint | null;
  memberCount: number;
  /** the group is a crowd */
  isCrowd: boolean;
  /** time of the newest message, or of the conversation's creation (ms) */
  updatedAt: number;
  newestCounted: NewestCounted;
  /**
   * the member has deleted the conversation for themself, and no message has come since: it is in no list of
   * theirs. Absent in lists
   */
  isDeleted?: boolean;
}

/** A read position, and the time of its last change (ms; 0: never). */
export type ReadPoint = Pick<ReadReceipt, "readSeq" | "readAt">;

/** A conversation as one member sees it. */
export interface Conversation extends Profile, Omit<ReadState, "newestCounted">, Preferences {
  id: ConversationId;
  code: ConversationCode;
  /** the name that somebody has given it, or `""`: `name` is then of the other user, or of other members */
  givenName: string;
  role: Role;
  /** the caller is no member, and looks */
  isViewer?: true;
  /** how many users look at a crowd or an audience room; in an answer that asks for it */
  viewerCount?: number;
  /** time at which the caller joined (ms) */
  joinedAt: number;
  /** null in a direct conversation */
  owner: Person | null;
  /** the caller's membership as the conversation object has it; absent in lists */
  own?: Membership;
  /** the other user of a direct conversation */
  peer?: Person & { online: boolean };
  lastMessage: Message | null;
  /** the caller cannot write here */
  disabled: boolean;
  /** the caller's composer draft; only in lists that ask for it */
  draft?: ComposerDraft | undefined;
  /** only in lists: the crowd has not answered, and is shown as it was */
  isStale?: true | undefined;
  sorting?: OwnSorting;
}

/** The data that D1 adds to a conversation for one member. */
export interface ConversationRecord {
  id: ConversationId;
  code: ConversationCode;
  profile: Profile;
  /** of a group: what lists show as its name, as `titleOf` has it; of a direct conversation `""` */
  title: string;
  role: Role;
  joinedAt: number;
  owner: Person | null;
  preferences: StoredPreferences;
  /** the other user of a direct conversation */
  peer: (Person & { online: boolean }) | null;
  /** a direct conversation whose users have a block between them */
  blocked: boolean;
  /** the member cannot write: no direct permission, a former member, or a dissolved group */
  disabled: boolean;
  /** the sender of the last message */
  sender: Person | null;
  /** the profiles of further users that the query asked for */
  people: Person[];
}

/** A group without a name is called by so many other members. */
export const TITLE_NAMES = 3;

/**
 * What a member sees as the name of a group: its own, else names of other members, which every language
 * reads.
 * @param others the names of the first ones, and one more if there are more than `TITLE_NAMES`
 * @param owner for a group without others
 */
export function titleOf(name: string, others: readonly string[], owner: Person | null): string {
  if (name !== "") return name;
  if (others.length > TITLE_NAMES) return [...others.slice(0, TITLE_NAMES), "…"].join(", ");
  return others.join(", ") || owner?.nickname || owner?.username || "";
}

/**
 * What D1 adds to an audience room for a user who looks, of whom it has nothing.
 * @param record that of a member
 */
export function recordForViewer({ id, code, profile, owner }: ConversationRecord): ConversationRecord {
  const marks = { marks: 0, groups: [], remark: "" };
  const preferences = { pinned: false, archivedCount: null, mutedUntil: 0, validation: false, ...marks };
  return {
    ...{ id, code, profile, owner, preferences, title: titleOf(profile.name, [], owner) },
    ...{ role: "member", joinedAt: 0, peer: null, blocked: false, disabled: false, sender: null, people: [] },
  };
}

/** Composes the view of one member from the data of the conversation object and of D1. */
export function composeConversation(
  id: ConversationId,
  {
    code,
    profile,
    title,
    role,
    joinedAt,
    owner,
    preferences,
    peer,
    blocked,
    disabled,
  }: Omit<ConversationRecord, "id" | "sender" | "people">,
  readState: ReadState,
  lastMessage: Message | null,
): Conversation {
  const { lastSeq, readSeq, readAt, unreadCount, memberCount, isCrowd, updatedAt } = readState;
  const { ignoresUnread, mentioned, unreadFrom, threadsUnread, isDeleted = false } = readState;
  const { visibleFrom } = readState;
  const peerRead = blocked ? null : readState.peerRead;
  const { pinned, validation, mutedUntil, marks, groups, remark } = preferences;
  return {
    id,
    code,
    ...profile,
    givenName: profile.name,
    ...(profile.name === "" && { name: title }),
    // Readers see a direct conversation under the name and avatar of the other user.
    ...(peer && { name: peer.nickname || peer.username, avatar: peer.avatar, peer }),
    ...{ pinned, validation, ...shownMute(mutedUntil, Date.now()) },
    archived: isArchived(preferences, readState.newestCounted),
    ...{ lastSeq, readSeq, readAt, unreadCount, memberCount, isCrowd, updatedAt },
    ...{ ignoresUnread, mentioned, unreadFrom, peerRead, threadsUnread, visibleFrom },
    ...{ role, joinedAt, owner },
    lastMessage,
    disabled,
    isDeleted,
    sorting: { marks, groups, remark },
  };
}

/** A member of a conversation, as its object stores them. */
export interface Membership {
  userId: UserId;
  role: Role;
  /** milliseconds since 1970; 0 or past: not muted */
  mutedUntil: number;
  /** the member's name in this group; `""`: their own name */
  nameCard: string;
  joinedAt: number;
  customFields: CustomFields;
}

/** A member's read position, and the time of its last change (ms; 0: never). */
export interface ReadReceipt {
  userId: UserId;
  readSeq: Position;
  readAt: number;
  /** of the user who asks: the message that they have marked unread; absent: none */
  unreadFrom?: Seq;
  /** it is a bot, whose position says how far its program is: it reads nothing */
  bot?: true;
}
