import type { UserId } from "../../domain/ids.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { StorageSpace } from "../../object/space/storage-space.ts";
import type { ChangeFeed } from "../change-feed/change-feed.ts";
import type { ChangedMessages } from "../change-feed/changed-messages.ts";
import type { ChannelReaders } from "../channel/readers.ts";
import type { Rights } from "../channel/rights.ts";
import type { NotificationOutbox } from "../delivery/notification-outbox.ts";
import type { IncomingHooks } from "../incoming-hooks/incoming-hooks.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { Bans } from "../members/bans.ts";
import type { Invitations } from "../members/invitations.ts";
import type { JoinRequests } from "../members/join-requests.ts";
import type { KnownUsers } from "../members/known-users.ts";
import type { MemberList } from "../members/member-list.ts";
import type { Members } from "../members/members.ts";
import type { ProfileCache } from "../members/profile-cache.ts";
import type { PendingSend } from "../sending/send.ts";
import type { ConversationState } from "../state/conversation-state.ts";
import type { GroupChange } from "../state/group-change.ts";
import type { Published } from "../state/published.ts";
import type { SocketSink } from "../state/socket-sink.ts";
import type { Transaction } from "../state/transaction.ts";
import type { Threads } from "../threads/threads.ts";
import type { Sampling } from "../viewers/sampling.ts";
import type { Viewers } from "../viewers/viewers.ts";
import type { MemberSnapshots } from "../views/member-snapshots.ts";
import type { MessageEncoder } from "../views/message-encoder.ts";
import type { MessageRenderer } from "../views/message-renderer.ts";

/** The data of a conversation: stores, which keep SQLite and memory in step, and views over them. */
export interface RoomStores {
  readonly space: StorageSpace;
  readonly state: ConversationState;
  readonly log: MessageLog;
  readonly members: Members;
  readonly memberList: MemberList;
  readonly profiles: ProfileCache;
  readonly knownUsers: KnownUsers;
  readonly bans: Bans;
  readonly rights: Rights;
  /** who may read a channel of a space; null: it is none */
  readonly readers: ChannelReaders | null;
  readonly viewers: Viewers;
  /** null: the room is no audience room, or sockets are sent everything */
  readonly sampling: Sampling | null;
  readonly joinRequests: JoinRequests;
  readonly invitations: Invitations;
  readonly incomingHooks: IncomingHooks;
  readonly changeFeed: ChangeFeed;
  readonly changedMessages: ChangedMessages;
  readonly threads: Threads;
  readonly snapshots: MemberSnapshots;
  readonly renderer: MessageRenderer;
  readonly encoder: MessageEncoder;
}

/**
 * The room, as the features of a conversation get it: its data, and the methods that commit and publish a
 * change. A feature that needs little takes a `Pick`.
 */
export interface RoomContext extends RoomStores {
  readonly outbox: NotificationOutbox;
  /** Commits the waiting sends, so that later steps of this turn see them. */
  flushSends(): void;
  /** Runs work in a transaction, then what it has registered. @see commit */
  commit<T>(work: (tx: Transaction) => T): T;
  /** Stores a change of the group, and has it published. */
  change(tx: Transaction, change: GroupChange): void;
  /**
   * Tells room sockets and devices of committed events, then starts the fan-out.
   * @param toSockets what room sockets alone are told, before the events
   */
  publish(events: readonly Published[], toSockets?: (sockets: SocketSink) => void): void;
  /** Tries once to update the inboxes of these users, of 50 at most, and waits for it. */
  updateInboxes(userIds: UserId[]): Promise<void>;
  /** The same of all inboxes that are told, those of these users first. */
  updateAllInboxes(first?: UserId[]): Promise<void>;
  /**
   * Tries once to write to D1, to deliver notifications, and to update the inboxes of these users; waits for
   * all.
   */
  propagate(userIds: UserId[]): Promise<void>;
  /** Queues the sends of one call, each with its origin. */
  submitEach(senderId: UserId, sends: readonly PendingSend[]): void;
  /** The newest inbox update for a member. @throws `not_found` for a user who was never a member */
  snapshot(userId: UserId): InboxUpdate;
}
