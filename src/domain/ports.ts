import type { Person } from "./accounts/person.ts";
import type {
  ConversationKind,
  ConversationRecord,
  DirectFlags,
  MemberState,
  Profile,
} from "./conversations/conversation.ts";
import type { Role } from "./conversations/group-kind.ts";
import type { CustomFields } from "./custom-fields.ts";
import type { Result } from "./errors.ts";
import type { ConversationId, Position, Seq, SessionId, UserId } from "./ids.ts";
import type { AnyDraft, Originals, Receipt } from "./messages/message.ts";
import type { DeliveredPosition, InboxUpdate, RepairSnapshot } from "./sync/inbox-update.ts";
import type { StoredContext } from "./sync/message-context.ts";
import type { SentNotification } from "./sync/notification.ts";
import type { ReplayPage } from "./sync/replay.ts";
import type { DeviceEvent } from "./sync/socket-protocol.ts";

/**
 * What the objects need from outside themselves. `src/worker.ts` hands them implementations, so that
 * neither object imports storage or the other object.
 */

/** D1, as a conversation sees it. */
export interface ConversationDirectory {
  /** The conversation as it was created, with its first members; null if there is none. */
  created(id: ConversationId): Promise<CreatedConversation | null>;
  /** Whether the two of a direct conversation may write to each other, as it is now; null if there is none. */
  directFlags(id: ConversationId): Promise<DirectFlags | null>;
  /**
   * Projects a conversation's members and profile, each iff its version is higher than what is there, and who
   * else is known in it.
   * @returns which of those who are said to be members, or known, have no account any more
   */
  project(id: ConversationId, projection: ConversationProjection): Promise<UserId[]>;
  /** What is kept of the conversation for each of these members: who is none is missing. One query. */
  listed(id: ConversationId, userIds: UserId[]): Promise<Map<UserId, ConversationRecord>>;
  /** Today's profiles; unknown ids are missing. One query whatever the number. */
  people(ids: UserId[]): Promise<Person[]>;
}

/** A conversation as it was created; its flags are those of now. */
export interface CreatedConversation {
  profile: Profile;
  flags: DirectFlags;
  members: StoredInitialMember[];
}

/** What D1 is to know of a conversation's changes. */
export interface ConversationProjection {
  /** absent where nothing of it has changed */
  conversation?: { profile: Profile; dissolvedAt: number | null };
  members: MemberProjection[];
  /** who is no member, and is to be found here all the same when his account is deleted */
  knownUsers: UserId[];
}

interface MemberProjection {
  userId: UserId;
  role: Role;
  state: MemberState;
  joinedAt: number;
  version: number;
}

export interface StoredInitialMember {
  person: Person;
  role: Role;
  joinedAt: number;
  customFields: CustomFields;
}

/** The messages of conversations, as a conversation sees them into which some are copied. */
export interface MessageSources {
  /** Those of these messages which the user may see. @throws `not_found` unless he is in it */
  messages(id: ConversationId, input: { userId: UserId; seqs: Seq[] }): Promise<Originals>;
}

/** The inboxes of users, as a conversation sees them. Every call is idempotent. */
export interface Inboxes {
  /**
   * Hands a snapshot to a member's inbox; resolves once it is stored there (or was known already) and his
   * devices were told of what came with it.
   * @returns up to where they know
   */
  applyUpdate(userId: UserId, update: InboxUpdate): Promise<DeliveredPosition>;
  /**
   * Hands notices to a user, who may be no member: all of this conversation's that he has not taken yet, in order.
   * Resolves once they are stored there, or were known already.
   */
  notify(userId: UserId, notifications: NotificationBatch): Promise<unknown>;
  /** Announces a socket before it is opened. @throws `unauthenticated` for an ended session */
  register(userId: UserId, socket: SocketRegistration): Promise<unknown>;
  /** The last socket of this session in this conversation has closed. */
  unregister(userId: UserId, socket: SocketRegistration): Promise<unknown>;
}

/** Notices of one conversation, in its order. */
export interface NotificationBatch {
  conversationId: ConversationId;
  notifications: SentNotification[];
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
  /** Where the user is, or was, a member, or is known: at most `limit` behind an id, rising. */
  memberships(id: UserId, after: number, limit: number): Promise<OwnMembership[]>;
  /** Of what kind these conversations are; unknown ids are missing. One query. */
  kinds(ids: ConversationId[]): Promise<ConversationWithKind[]>;
  /** What a conversation is like that the user is in, or was; null: nothing is known of it yet. */
  storedContext(id: UserId, conversationId: ConversationId): Promise<StoredContext | null>;
  /** Projects whether the user has a socket open, for lists. */
  setOnline(id: UserId, online: boolean): Promise<void>;
  /** Which of the user's friends and direct peers are online: at most `limit` behind an id, rising. One query. */
  onlineContacts(id: UserId, after: number, limit: number): Promise<UserId[]>;
}

/** A conversation of a user's, and whether he has put it on top of his list. */
export interface OwnMembership {
  conversationId: ConversationId;
  pinned: boolean;
}

/** A conversation, and of what kind it is. */
export interface ConversationWithKind {
  id: ConversationId;
  kind: ConversationKind;
}

/** What a repair has done: how many conversations have told how they are, and how many could not be reached. */
export interface RepairResult {
  repaired: number;
  unreachable: number;
}

/** From where a member's devices go on; without `rev` they want no changes. */
export interface ReplayRequest {
  userId: UserId;
  after: Position;
  rev?: number | undefined;
  /** who has left is given what was there for him before */
  includeFormer?: boolean;
}

/** Who wants the newest, and all that comes. `listens`: with a device, which he has now; else he looks at his list. */
export interface SubscribeRequest {
  userId: UserId;
  hasDevices?: boolean;
}

/**
 * What a device sends; `told`: up to where the user's devices were told, if that is known; `shown`: it wants to be
 * shown what was stored before.
 */
export interface DeviceSendRequest {
  userId: UserId;
  drafts: AnyDraft[];
  delivered: DeliveredPosition;
  echoDuplicates?: boolean;
}

/**
 * What became of each draft, in order; and what the user's inbox is to know by then, with what his devices are
 * to be told before the acks: null where he was never in it.
 */
export interface DeviceSendResult {
  outcomes: Result<Receipt>[];
  update: InboxUpdate | null;
}

/** Who has to do with a user when his account is deleted, and is online. */
export interface Contact {
  id: UserId;
  isFriend: boolean;
}

/** The inboxes of other users, as an inbox sees them. */
export interface Contacts {
  /** Tells a user's devices what happens now; lost if he has none. */
  pushEvent(userId: UserId, input: { event: DeviceEvent }): Promise<unknown>;
}

/** Conversations, as an inbox sees them. */
export interface Conversations {
  /** Closes every socket of this session in this conversation, also one that is being opened. */
  kick(id: ConversationId, input: { sessionId: SessionId }): Promise<unknown>;
  /** Takes out who has no account any more. Idempotent. */
  removeDeleted(id: ConversationId, input: { userId: UserId }): Promise<unknown>;
  /** Stores messages of one sender, in order. */
  sendFromDevice(id: ConversationId, input: DeviceSendRequest): Promise<DeviceSendResult>;
  /** Moves the member's read position. */
  read(id: ConversationId, input: { userId: UserId; seq: Position }): Promise<unknown>;
  /** Tells the member's sockets what the conversation is like for him now. */
  pushConversation(id: ConversationId, input: { userId: UserId }): Promise<unknown>;
  /** Tells the others that a member is typing. */
  typing(id: ConversationId, input: { userId: UserId }): Promise<unknown>;
  /** What a member's devices miss behind a place: at most 100 messages. @throws `not_found` */
  replay(id: ConversationId, input: ReplayRequest): Promise<ReplayPage>;
  /** What the member's inbox should know now; he is told of what happens without delay from now on. */
  subscribe(id: ConversationId, input: SubscribeRequest): Promise<InboxUpdate>;
  /** What the member's inbox should know now. */
  snapshot(id: ConversationId, input: { userId: UserId }): Promise<InboxUpdate>;
  /**
   * The same for an inbox that does not believe what it has.
   * @param input `listens`: it wants to hear of what happens without delay from now on
   * @throws `not_found` for who was never in it
   */
  snapshotForRepair(
    id: ConversationId,
    input: { userId: UserId; hasDevices: boolean },
  ): Promise<RepairSnapshot>;
  /** Which of these sessions have a socket open in this conversation. */
  openSessions(id: ConversationId, input: { sessionIds: SessionId[] }): Promise<SessionId[]>;
}
