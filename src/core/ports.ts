import type { Bump } from "./bump.ts";
import type { Flags, Listed, MemberState, Profile, Role } from "./conversation.ts";
import type { ConversationId, Seq, SessionId, UserId } from "./ids.ts";
import type { Originals, Person } from "./message.ts";

/**
 * What the objects need from outside themselves. `src/index.ts` hands them implementations, so that
 * neither object imports storage or the other object.
 */

/** D1, as a conversation sees it. */
export interface ConversationDirectory {
  /** The conversation as it was created, with its first members; null if there is none. */
  created(id: ConversationId): Promise<Created | null>;
  /** Whether the two of a direct conversation may write to each other, as it is now; null if there is none. */
  flags(id: ConversationId): Promise<Flags | null>;
  /**
   * Projects a conversation's members and profile, each iff its version is higher than what is there, and who
   * else is known in it.
   * @returns which of those who are said to be members, or known, have no account any more
   */
  project(id: ConversationId, projection: ConversationProjection): Promise<UserId[]>;
  /** What is kept of the conversation for each of these members: who is none is missing. One query. */
  listed(id: ConversationId, userIds: UserId[]): Promise<Map<UserId, Listed>>;
  /** Today's profiles; unknown ids are missing. One query whatever the number. */
  people(ids: UserId[]): Promise<Person[]>;
}

/** A conversation as it was created; its flags are those of now. */
export interface Created {
  profile: Profile;
  flags: Flags;
  members: FirstMember[];
}

/** What D1 is to know of a conversation's changes. */
export interface ConversationProjection {
  /** absent where nothing of it has changed */
  conversation?: { profile: Profile; dissolvedAt: number | null; version: number };
  members: MemberProjection[];
  /** who is no member, and is to be found here all the same when his account is deleted */
  acquaintances: UserId[];
}

interface MemberProjection {
  userId: UserId;
  role: Role;
  state: MemberState;
  joinedAt: number;
  version: number;
}

export interface FirstMember {
  person: Person;
  role: Role;
  joinedAt: number;
}

/** The messages of conversations, as a conversation sees them into which some are copied. */
export interface MessageSources {
  /** Those of these messages which the user may see. @throws `not_found` unless he is in it */
  messages(id: ConversationId, input: { userId: UserId; seqs: Seq[] }): Promise<Originals>;
}

/** The inboxes of users, as a conversation sees them. Every call is idempotent. */
export interface Inboxes {
  /** Hands a snapshot to a member's inbox; resolves once it is stored there (or was known already). */
  bump(userId: UserId, bump: Bump): Promise<unknown>;
  /** Announces a socket before it is opened. @throws `unauthenticated` for an ended session */
  register(userId: UserId, socket: SocketRegistration): Promise<unknown>;
  /** The last socket of this session in this conversation has closed. */
  unregister(userId: UserId, socket: SocketRegistration): Promise<unknown>;
}

/** A session's sockets in one conversation. */
export interface SocketRegistration {
  conversationId: ConversationId;
  sessionId: SessionId;
}

/** A session that was ended, and when its tokens are void anyway (ms). */
export interface EndedSession {
  sessionId: SessionId;
  expiresAt: number;
}

/** D1, as an inbox sees it. */
export interface UserDirectory {
  /** Whether there is, or was, such a user. */
  exists(id: UserId): Promise<boolean>;
  /** The user's ended sessions whose tokens have not expired. */
  endedSessions(id: UserId): Promise<EndedSession[]>;
  /** Whether the user's account was deleted. */
  isDeleted(id: UserId): Promise<boolean>;
  /** Where the user is, or was, a member: at most `limit` behind an id, rising. */
  memberships(id: UserId, after: number, limit: number): Promise<ConversationId[]>;
  /** Projects whether the user has a socket open, for lists. */
  setOnline(id: UserId, online: boolean): Promise<void>;
}

/** Conversations, as an inbox sees them. */
export interface Conversations {
  /** Closes every socket of this session in this conversation, also one that is being opened. */
  kick(id: ConversationId, session: SessionId): Promise<unknown>;
  /** Takes out who has no account any more. Idempotent. */
  removeDeleted(id: ConversationId, userId: UserId): Promise<unknown>;
  /** What the member's inbox should know now. */
  snapshot(id: ConversationId, userId: UserId): Promise<Bump>;
  /** Which of these sessions have a socket open in this conversation. */
  openSessions(id: ConversationId, sessions: SessionId[]): Promise<SessionId[]>;
}
