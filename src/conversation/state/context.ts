import type { UserId } from "../../domain/ids.ts";
import type { AnyDraft } from "../../domain/messages/message.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { NotificationOutbox } from "../delivery/notification-outbox.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { KnownUsers } from "../members/known-users.ts";
import type { MemberList } from "../members/member-list.ts";
import type { Members } from "../members/members.ts";
import type { ProfileCache } from "../members/profile-cache.ts";
import type { SendOrigin } from "../sending/send.ts";
import type { MemberSnapshots } from "../views/member-snapshots.ts";
import type { MessageRenderer } from "../views/message-renderer.ts";
import type { GroupChange } from "./change.ts";
import type { ConversationState } from "./conversation-state.ts";
import type { RoomObserver } from "./observer.ts";

/** The data of a conversation: what SQLite holds and memory repeats, and the views made of it. */
export interface RoomStores {
  readonly state: ConversationState;
  readonly log: MessageLog;
  readonly members: Members;
  readonly memberList: MemberList;
  readonly profiles: ProfileCache;
  readonly knownUsers: KnownUsers;
  readonly outbox: NotificationOutbox;
  readonly snapshots: MemberSnapshots;
  readonly renderer: MessageRenderer;
}

/**
 * What the features of a conversation are given instead of the whole `Room`: its data, and the ways to commit and to
 * publish a change. A feature takes a `Pick` of it where a few members suffice.
 */
export interface RoomContext extends RoomStores {
  /** Commits the sends that wait, so that what follows in this turn sees them. */
  flushSends(): void;
  /** Stores a change of the group in one transaction, and publishes it. */
  change(change: GroupChange): void;
  /** Tells the observers of a committed event, then starts the fan-out. */
  publish(tell: (observer: RoomObserver) => void): void;
  /** One awaited try to update the inboxes of these users, of 50 at most. */
  updateInboxes(userIds: UserId[]): Promise<void>;
  /** One awaited try to write to D1, to deliver notifications, and to update the inboxes of these users. */
  propagate(userIds: UserId[]): Promise<void>;
  /** Queues sends; `origin` gets each outcome once it is stored or refused. */
  submit(senderId: UserId, drafts: AnyDraft[], origin: SendOrigin): void;
  /** What the inbox of a member should know now. @throws `not_found` for a user who was never a member */
  snapshot(userId: UserId): InboxUpdate;
}
