import type { AccountDeletion } from "./account/account-deletion.ts";
import type { ContactNotifier } from "./account/contact-notifier.ts";
import type { Presence } from "./account/presence.ts";
import type { SessionGate } from "./account/session-gate.ts";
import type { SessionTermination } from "./account/session-termination.ts";
import type { DeviceFeed } from "./devices/device-feed.ts";
import type { DeviceSockets } from "./devices/device-sockets.ts";
import type { Drafts } from "./drafts.ts";
import type { ConversationList } from "./list/conversation-list.ts";
import type { RecentActivity } from "./list/recent-activity.ts";
import type { ListRepair } from "./list/repair.ts";
import type { Subscriptions } from "./list/subscriptions.ts";
import type { Notifications } from "./notifications.ts";

/**
 * The alarm jobs of an inbox. Kinds are stored in `jobs`: a renamed kind orphans the rows of the previous
 * release.
 */
export type InboxJobKind =
  /** closes the room sockets of an ended session; key: the session */
  | "kick"
  /** forgets ended sessions whose tokens have expired */
  | "expired_sessions"
  /** checks which registered room sockets are still open */
  | "sockets"
  /** closes device sockets whose tokens have expired */
  | "expiry"
  /** publishes that the user is online */
  | "online"
  /** publishes that the user is offline, after the grace period */
  | "offline"
  /** looks up in D1 which sessions have ended; key: the token of the prepared end */
  | "session_lookup"
  /** looks up in D1 whether the account was deleted; key: the token of the prepared deletion */
  | "deletion_lookup"
  /** has a conversation remove the deleted user; key: the conversation */
  | "leave"
  /** forgets expired stored drafts */
  | "drafts";

/** The parts of an inbox. They are created once D1 has confirmed that the user exists. */
export interface InboxComponents {
  sessionGate: SessionGate;
  sessionTermination: SessionTermination;
  accountDeletion: AccountDeletion;
  list: ConversationList;
  drafts: Drafts;
  notifications: Notifications;
  recentActivity: RecentActivity;
  subscriptions: Subscriptions;
  sockets: DeviceSockets;
  deviceFeed: DeviceFeed;
  presence: Presence;
  repair: ListRepair;
  contactNotifier: ContactNotifier;
}
