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

/** What an inbox does later. */
export type InboxJobKind =
  | "kick"
  | "sweep"
  | "sockets"
  | "expiry"
  | "online"
  | "offline"
  | "endings"
  | "farewell"
  | "leave"
  | "drafts";

/** What is there once D1 has confirmed that the user exists. */
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
