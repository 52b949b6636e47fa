import type { Person, VersionedPerson } from "./accounts/person.ts";
import type { BotPlaceMember } from "./bots/bot-update.ts";
import type { SpaceArchiveState } from "./conversations/archive.ts";
import type {
  ConversationRecord,
  DirectPermissionState,
  ListPreferences,
  MemberState,
  Profile,
} from "./conversations/conversation.ts";
import type { Role } from "./conversations/group-kind.ts";
import type { CustomFields } from "./custom-fields.ts";
import type { Result } from "./errors.ts";
import type { FileReference, RevokedReferences } from "./files/file.ts";
import type {
  ConversationId,
  FileKey,
  IncomingHookId,
  Position,
  Seq,
  SessionId,
  SpaceId,
  UserId,
} from "./ids.ts";
import type { LinkPreview } from "./messages/link-preview.ts";
import type {
  AnyDraft,
  DraftReferences,
  Message,
  Originals,
  Receipt,
  RoleMentions,
} from "./messages/message.ts";
import type { PutReaction } from "./messages/reactions.ts";
import type { ScheduledId } from "./messages/scheduled.ts";
import type { FoundMessage, HeldState } from "./moderation/held-message.ts";
import type { ArchiveRange } from "./operation/large-object.ts";
import type { PushTarget } from "./push/device.ts";
import type { PushPayload } from "./push/payload.ts";
import type { FailedDelivery, HookId, HookState, HookTarget } from "./server/hook.ts";
import type { Suspension } from "./server/server-user.ts";
import type { ExternalId } from "./server/user-ref.ts";
import type { MentionedMembers } from "./spaces/role.ts";
import type { SpaceLease, SpaceStanding } from "./spaces/space.ts";
import type { SpaceView } from "./spaces/view.ts";
import type { EncodedMessage } from "./sync/encoded-message.ts";
import type { DeliveredPosition, InboxAnswer, InboxUpdate } from "./sync/inbox-update.ts";
import type { MessagesInContext, StoredContext } from "./sync/message-context.ts";
import type { SentNotification } from "./sync/notification.ts";
import type { DevicePage } from "./sync/replay.ts";
import type { DeviceEvent } from "./sync/socket-protocol.ts";

/**
 * The interfaces (ports) through which the objects call storage and each other. `src/worker.ts` hands them
 * the implementations, so that neither object imports storage or the other object.
 */

/** A user whose account is deleted. */
export interface DeletedUser {
  id: UserId;
  /** their messages are deleted, too */
  messagesErased: boolean;
}

/** D1 and R2, as objects delete there the files that their uploaders have taken back. */
export interface ReleasedFileDirectory {
  /**
   * Deletes those of these files whose time is over and that nothing shows, with their bytes. Those that
   * something shows stay. Idempotent.
   * @returns when others of them are due (ms since 1970); null: none is
   */
  deleteReleasedFiles(keys: FileKey[]): Promise<number | null>;
  /** Has `deletionMs` begin anew for those of these files that nobody reads any more. Idempotent. */
  postponeDeletion(keys: FileKey[]): Promise<void>;
}

/** D1, as objects report their sizes there. */
export interface SizeDirectory {
  /** Stores the size of a large object and its archives, or that it is not large (null). Idempotent. */
  storeSize(
    id: ConversationId | UserId,
    bytes: number | null,
    archives?: readonly ArchiveRange[],
  ): Promise<void>;
}

/** D1, as a conversation uses it. */
export interface ConversationDirectory extends ReleasedFileDirectory, SizeDirectory {
  /** The conversation as it was created, with its initial members; null if it does not exist. */
  created(id: ConversationId): Promise<CreatedConversation | null>;
  /** The current direct permission of a direct conversation; null if the conversation does not exist. */
  directPermission(id: ConversationId): Promise<DirectPermissionState | null>;
  /**
   * Projects members, profile and known users of a conversation. A row is written iff its version is higher
   * than the stored one.
   * @returns those of the projected members and known users whose account is deleted
   */
  project(id: ConversationId, projection: ConversationProjection): Promise<DeletedUser[]>;
  /**
   * The record of the conversation for each of these users; users who are no members are missing. One query.
   */
  listed(id: ConversationId, userIds: UserId[]): Promise<Map<UserId, ConversationRecord>>;
  /** The current profiles; unknown ids are missing. One query for any number of ids. */
  people(ids: UserId[]): Promise<VersionedPerson[]>;
  /** Records that messages show files. Keys that are no key of a file are left out. Idempotent. */
  addFileReferences(id: ConversationId, references: FileReference[]): Promise<void>;
  /**
   * Deletes the references of revoked messages. Files that their uploader has taken back and that no
   * other message shows expire after `expiryMs`. Idempotent.
   * @returns the files that expire
   */
  removeFileReferences(id: ConversationId, revoked: RevokedReferences[]): Promise<FileKey[]>;
  /**
   * Has staff decide of a message that a rule has found. Idempotent.
   * @returns what was decided; null: too many of the sender wait
   */
  hold(message: FoundMessage): Promise<HeldState | null>;
  /** Whether a user is suspended now: may not sign in, or is in the shadow; null: neither. */
  suspension(userId: UserId): Promise<Pick<Suspension, "shadow"> | null>;
  /** Reads what a channel wants to know of its space, and notes until when it relies on that. */
  leaseSpace(id: SpaceId, lease: SpaceLease): Promise<SpaceStanding>;
  /** Whom mentions of roles, and of followers who are online, reach in a channel of a space. */
  mentionedMembers(spaceId: SpaceId, id: ConversationId, mentions: RoleMentions): Promise<MentionedMembers>;
  /** Tells the devices of a user that somebody asks for their consent. Best effort, and never rejects. */
  tellAsked(userId: UserId, about: { conversationId: ConversationId; fromId: UserId }): Promise<void>;
}

/** Who has sent a message with a link. */
export interface PreviewSender {
  userId: UserId;
  hook?: IncomingHookId | undefined;
}

/** The previews of links, for all conversations. */
export interface LinkPreviews {
  /**
   * What a message shows of the page that it links to. Fetches it, unless that was done within the hour.
   * @param sender whose fetches are limited; `hook`: which of the hooks, that have one sender
   * @returns null: nothing; `later`: another conversation is fetching it
   */
  of(url: string, sender: PreviewSender): Promise<LinkPreview | null | "later">;
}

/** A conversation as it was created, with its current direct permission. */
export interface CreatedConversation {
  profile: Profile;
  directPermission: DirectPermissionState;
  members: StoredInitialMember[];
  /** the hooks that are told of it */
  hooks: { id: HookId; isGate: boolean }[];
}

/** The changes of a conversation that D1 stores. */
export interface ConversationProjection {
  /** absent if neither changed */
  conversation?: { profile: Profile; dissolvedAt: number | null };
  members: MemberProjection[];
  /** users who are no members; account deletion finds the conversation by these rows */
  knownUsers: UserId[];
  /** both users of a direct conversation have written, and D1 does not know it yet */
  answered?: true;
  /** a message request has its first message, and D1 does not know it yet */
  asked?: UserId;
  /** absent: D1 knows which join requests are open */
  requests?: ProjectedRequest[];
}

/** Whether a user has an open join request in a group, for D1. */
export interface ProjectedRequest {
  userId: UserId;
  /** ms since 1970; null: none is open */
  requestedAt: number | null;
  /** D1 stores the state iff its version is higher than the stored one */
  version: number;
}

interface MemberProjection {
  userId: UserId;
  role: Role;
  state: MemberState;
  joinedAt: number;
  version: number;
}

/** An initial member of a conversation as D1 has it. */
export interface StoredInitialMember {
  person: Person;
  role: Role;
  joinedAt: number;
  customFields: CustomFields;
  /** the user has a message request for the conversation */
  isAsked: boolean;
}

/** The message logs of conversations, as another conversation reads them to copy messages. */
export interface MessageSources {
  /** Those of these messages that the user may see. @throws `not_found` unless the user is a member */
  messages(id: ConversationId, input: { userId: UserId; seqs: Seq[] }): Promise<Originals>;
}

/** The inboxes of users, as a conversation calls them. Every call is idempotent. */
export interface Inboxes {
  /**
   * Delivers an inbox update to a member's inbox. Resolves once the inbox has stored it, keeps it in memory
   * in a way that survives a crash, or knew it already, and has sent its page to the member's devices.
   * @see InboxAnswer
   */
  applyUpdate(userId: UserId, update: InboxUpdate): Promise<InboxAnswer>;
  /**
   * Delivers notifications to a user, who need not be a member: all of this conversation's that the user's
   * inbox has not confirmed, in order. Resolves once the inbox has stored them, or knew them already.
   */
  notify(userId: UserId, notifications: NotificationBatch): Promise<unknown>;
  /** Registers a socket before it is opened. @throws `unauthenticated` for an ended session */
  register(userId: UserId, socket: SocketRegistration): Promise<unknown>;
  /** Unregisters a session after its last socket in this conversation has closed. */
  unregister(userId: UserId, socket: SocketRegistration): Promise<unknown>;
}

/** Notifications of one conversation, in its order. */
export interface NotificationBatch {
  conversationId: ConversationId;
  notifications: SentNotification[];
}

/** The sockets of one session in one conversation. */
export interface SocketRegistration {
  conversationId: ConversationId;
  sessionId: SessionId;
}

/** An ended session, and the time at which its tokens expire (ms). */
export interface EndedSession {
  sessionId: SessionId;
  expiresAt: number;
}

/** D1, as an inbox uses it. */
export interface UserDirectory extends ReleasedFileDirectory, SizeDirectory {
  /**
   * When the account was made (ms since 1970), also of a deleted user; `NEW_FOR_EVER` of a bot of a user;
   * null: there is no such user.
   */
  registeredAt(id: UserId): Promise<number | null>;
  /** The user's ended sessions whose tokens have not expired. */
  endedSessions(id: UserId): Promise<EndedSession[]>;
  /** The user, if the account is deleted; else null. */
  deleted(id: UserId): Promise<DeletedUser | null>;
  /**
   * The conversations in which the user is or was a member, or is known: at most `limit` after an id,
   * ascending.
   */
  memberships(id: UserId, after: number, limit: number): Promise<OwnMembership[]>;
  /** The user's current profile beside messages; null for an unknown user. */
  profile(id: UserId): Promise<VersionedPerson | null>;
  /** The current profiles of these users; unknown ones are missing. One query. */
  people(ids: UserId[]): Promise<Person[]>;
  /**
   * The stored context of a conversation in which the user is or was a member; null if D1 has no row of it
   * yet.
   */
  storedContext(id: UserId, conversationId: ConversationId): Promise<StoredContext | null>;
  /**
   * Holds these files for a scheduled message, and no others of it: they are not deleted before `until` (ms
   * since 1970). Keys without a file are left out. Idempotent.
   */
  holdFiles(id: UserId, scheduledId: ScheduledId, keys: FileKey[], until: number): Promise<void>;
  /** Holds the files of a scheduled message no longer than until then (ms since 1970). Idempotent. */
  releaseFiles(id: UserId, scheduledId: ScheduledId, until: number): Promise<void>;
  /**
   * Has the files of a deleted account that no message shows expire after `expiryMs`: of those behind `after`
   * (`""`: of all) the first 500. Idempotent.
   * @returns those that expire, and the last one of the 500; null: there is none behind `after`
   */
  releaseFilesOf(id: UserId, after: string): Promise<{ released: FileKey[]; last: FileKey | null }>;
  /**
   * Of each of these conversations whether the user has muted and archived it; those that their list leaves
   * out are missing. One query.
   */
  archiveStates(id: UserId, ids: ConversationId[]): Promise<ReadonlyMap<ConversationId, SpaceArchiveState>>;
  /**
   * What the user sees of their spaces, or of one alone, and the channels there that they can read and do not
   * follow.
   */
  spaceViews(id: UserId, space: SpaceId | null): Promise<{ view: SpaceView; unfollowed: ConversationId[] }[]>;
  /** Whether a space is over. */
  isSpaceOver(id: SpaceId): Promise<boolean>;
  /** Those of these users who are members of a space. One query. */
  membersIn(space: SpaceId, ids: readonly UserId[]): Promise<BotPlaceMember[]>;
  /** When a session of the user expires (ms since 1970); null: it has ended, or expired. */
  sessionEnd(id: UserId, sessionId: SessionId): Promise<number | null>;
  /** Whether there is a file with this key. */
  fileExists(key: FileKey): Promise<boolean>;
  /** Whether the user may not sign in now. */
  isSuspended(id: UserId): Promise<boolean>;
  /** Projects the user's presence, which lists read. */
  setOnline(id: UserId, online: boolean): Promise<void>;
  /**
   * The user's friends and direct peers who are online: at most `limit` after an id, ascending. One query.
   */
  onlineContacts(id: UserId, after: number, limit: number): Promise<UserId[]>;
}

/** A conversation of a user, with the preferences of which their inbox has a copy. */
export interface OwnMembership extends ListPreferences {
  conversationId: ConversationId;
}

/**
 * The outcome of a list repair, or of its part: the number of conversations that answered, and of those that
 * could not be reached.
 */
export interface RepairResult {
  repaired: number;
  unreachable: number;
}

/** The sync position at which a member's devices resume; without `rev` the page has no changes. */
export interface ReplayRequest {
  userId: UserId;
  after: Position;
  rev?: number | undefined;
  /** the number of changed messages beyond which the page is a reset; absent: none is */
  maxChanges?: number | undefined;
  /** a former member gets the pages of the time before they left */
  includeFormer?: boolean;
  /** the devices are up to date to here: the page has own parts only where the user has, or had, one */
  isLive?: boolean;
  /** changed messages come without the bodies that the devices have */
  parts?: boolean;
  /** the wire formats of the devices that the page is for; absent: all */
  formats?: readonly string[];
}

/**
 * Updates are delivered to an inbox without delay, for the length of a lease. `hasDevices`: a device is
 * connected, or is about to connect; otherwise the user loads their list.
 */
export interface Subscription {
  hasDevices: boolean;
}

/** What an inbox asks of a conversation besides the newest inbox update. */
export interface SnapshotRequest {
  userId: UserId;
  /** absent: it does not subscribe */
  subscribes?: Subscription | undefined;
  /** of a crowd: whether phones or a bot wait for its messages; absent: as before */
  awaits?: boolean | undefined;
  /**
   * the client message id under which the user writes a composer draft: the conversation notes it, so that
   * the send under it is told to the inbox
   */
  writes?: string | undefined;
}

/**
 * The newest inbox update of a member. `isDelivered`: the inbox and the devices have confirmed it. `isSent`:
 * the message is stored that the member writes.
 */
export interface MemberSnapshot {
  update: InboxUpdate;
  isDelivered: boolean;
  isSent: boolean;
}

/**
 * Sends of a device. `delivered`: the delivered position of the user's devices; null: their inbox has nothing
 * of the conversation, which the user may have unopened.
 * `echoDuplicates`: the receipt of a repeated send has an `echo`. `echoAll`: every receipt has one, as far as
 * `LIMITS.echoedBytes` allows. `takesAnswer`: the conversation may answer the result. Absent: it hands the
 * result to `take`.
 */
export interface DeviceSendRequest {
  userId: UserId;
  drafts: AnyDraft[];
  delivered: DeliveredPosition;
  echoDuplicates?: boolean;
  echoAll?: boolean;
  takesAnswer?: boolean;
}

/** The receipt of a device's send. `echo`: the stored message, if that was asked for. */
export interface DeviceReceipt extends Receipt {
  echo?: EncodedMessage;
}

/**
 * The outcome of each draft, in order, and the user's current inbox update. The inbox sends the update's
 * page before the acks. The update is null if the user still has the conversation unopened.
 */
export interface DeviceSendResult {
  outcomes: Result<DeviceReceipt>[];
  update: InboxUpdate | null;
}

/**
 * An inbox takes the result of its device's sends, within the call that sent them: the conversation learns
 * that the update has arrived.
 * @returns the delivered position after the update
 */
export type TakeSendResult = (result: DeviceSendResult) => Promise<DeliveredPosition>;

/** A user who is online and is a friend or direct peer of a user whose account is deleted. */
export interface Contact {
  id: UserId;
  isFriend: boolean;
}

/** The inboxes of other users, as an inbox calls them. */
export interface Contacts {
  /** Sends an ephemeral event to a user's device sockets; lost if none is open. Phones get no push of it. */
  pushEvent(userId: UserId, input: { event: DeviceEvent }): Promise<unknown>;
}

/** Conversations, as an inbox calls them. */
export interface Conversations {
  /** Closes every socket of this session in this conversation, also a socket that is being opened. */
  kick(id: ConversationId, input: { sessionId: SessionId }): Promise<unknown>;
  /** Hands over the new profile of a user. Idempotent; an older one than the known changes nothing. */
  takeProfile(id: ConversationId, input: { profile: VersionedPerson }): Promise<unknown>;
  /** Removes a user whose account is deleted, and erases the messages if `erases` is set. Idempotent. */
  removeDeleted(id: ConversationId, input: { userId: UserId; erases?: boolean }): Promise<unknown>;
  /** Revokes what a user has sent since a time (ms since 1970). Idempotent. */
  revokeSince(id: ConversationId, input: { userId: UserId; since: number }): Promise<unknown>;
  /**
   * Stores a message, or finds the one with its client message id.
   * @throws as the conversation refuses it now
   */
  send(
    id: ConversationId,
    input: { userId: UserId; draft: AnyDraft & { clientMsgId: string } },
  ): Promise<{ message: Message }>;
  /** The message that was sent with the draft's client message id; null: none. @throws `not_found` */
  checkDraft(
    id: ConversationId,
    input: { userId: UserId; draft: DraftReferences },
  ): Promise<{ sent: Message | null }>;
  /**
   * Stores messages of one sender, in order.
   * @returns the result; null: `take` got it before this resolves
   */
  sendFromDevice(
    id: ConversationId,
    input: DeviceSendRequest,
    take: TakeSendResult,
  ): Promise<DeviceSendResult | null>;
  /** Moves the member's read position. */
  read(id: ConversationId, input: { userId: UserId; seq: Position }): Promise<unknown>;
  /** Sends the member's sockets the conversation as it is now for the member. */
  pushConversation(id: ConversationId, input: { userId: UserId }): Promise<unknown>;
  /** Shows what a bot is writing, to who looks. */
  showStream(id: ConversationId, input: { userId: UserId; stream: string; text: string }): Promise<unknown>;
  /** Sends the typing of a member to the other members. */
  typing(id: ConversationId, input: { userId: UserId }): Promise<unknown>;
  /** The replay page of a member's devices after a position: at most 100 messages. @throws `not_found` */
  replay(id: ConversationId, input: ReplayRequest): Promise<DevicePage>;
  /**
   * The current inbox update of the member. Idempotent.
   * @throws `not_found` for a user who was never a member, and for a former one who `writes`
   */
  snapshot(id: ConversationId, input: SnapshotRequest): Promise<MemberSnapshot>;
  /** The newest messages of the main stream, in rising order, with their context. @throws `not_found` */
  pageWithContext(
    id: ConversationId,
    input: { userId: UserId; limit: number; marksImported?: boolean },
  ): Promise<MessagesInContext>;
  /** Messages of the main stream after a seq, or from a time on (ms), in rising order. @throws `not_found` */
  page(
    id: ConversationId,
    input: { userId: UserId; after?: Position; at?: number; limit: number; marksImported?: boolean },
  ): Promise<{ items: Message[]; hasMore: boolean }>;
  /**
   * The messages that changed after a rev, and all reactions to them, if these are asked for; null: too many.
   * @throws `not_found`, `reset` for too many
   */
  changes(
    id: ConversationId,
    input: { userId: UserId; afterRev: number; limit: number; reactions?: boolean },
  ): Promise<{
    items: Message[];
    rev: number;
    hasMore: boolean;
    reactions?: PutReaction[] | null | undefined;
  }>;
  /** One message. @throws `not_found` unless the user can see it */
  message(id: ConversationId, input: { userId: UserId; seq: Seq }): Promise<Message>;
  /** Makes a user a follower of a channel. Idempotent. @throws `not_found` for who may not read it */
  follow(id: ConversationId, input: { userId: UserId }): Promise<unknown>;
  /** Those of these sessions that have an open socket in this conversation. */
  openSessions(id: ConversationId, input: { sessionIds: SessionId[] }): Promise<SessionId[]>;
}

/** A push as a service takes it. */
export interface Push {
  payload: PushPayload;
  /** names what a later push replaces; only the user's devices can tell what it stands for */
  topic: string;
  /** how long the service tries, in s */
  ttlS: number;
  urgency: "high" | "normal" | "low";
}

/**
 * What became of a push.
 * - `gone`: the device is reached no more.
 * - `refused`: the service takes it neither now nor later.
 * - `unknown`: there was no answer. The service may have taken the push.
 * - `later`: the service has not taken it. `afterMs`: when it may be tried again; null: the service does not
 *   say.
 */
export type PushOutcome =
  | { is: "sent" | "gone" | "unknown" }
  | { is: "refused"; status: number }
  | { is: "later"; afterMs: number | null };

/** The way to push services. */
export interface PushServices {
  /** Never rejects. */
  send(target: PushTarget, push: Push): Promise<PushOutcome>;
}

/** D1, as those who call hooks use it. */
export interface HookDirectory {
  /** null: there is no such hook */
  hook(id: HookId): Promise<HookTarget | null>;
  /** The external ids of these users; those without one are missing. One query. */
  externalIds(ids: UserId[]): Promise<ReadonlyMap<UserId, ExternalId>>;
  /** The external id of a conversation, which never changes; null: it has none. */
  conversationExternalId(id: ConversationId): Promise<ExternalId | null>;
  /**
   * Notes that a try has failed, in place of the one before.
   * @param subject the feed
   * @returns since when all tries of the feed have failed (ms since 1970)
   */
  failed(id: HookId, subject: string, failure: FailedDelivery): Promise<number>;
  /** Forgets the failed try of a feed: it has succeeded. */
  recovered(id: HookId, subject: string): Promise<void>;
  /** Notes that the hook works. @param at ms since 1970 */
  succeeded(id: HookId, at: number): Promise<void>;
  /** Ends an active hook. Idempotent. */
  end(id: HookId, state: Exclude<HookState, "active">): Promise<void>;
}

/** The way to hooks. */
export interface HookCaller {
  /** Calls a hook, by the guarded way out. @returns `status` null: there was no answer, for this reason */
  call(
    url: string,
    headers: Record<string, string>,
    body: string,
  ): Promise<{ status: number | null; error: string }>;
  /** The same for its answer. @returns `json` of an answer with 2xx; undefined: there is none */
  ask(
    url: string,
    headers: Record<string, string>,
    body: string,
    timeoutMs: number,
  ): Promise<{ status: number | null; error: string; json: unknown }>;
}
