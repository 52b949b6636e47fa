import type { DeviceSockets } from "./device-sockets.ts";
import type { Drafts } from "./drafts.ts";
import type { SessionTermination } from "./endings.ts";
import type { AccountDeletion } from "./farewell.ts";
import type { DeviceFeed } from "./feed.ts";
import type { SessionGate } from "./gate.ts";
import type { Subscriptions } from "./hellos.ts";
import type { ConversationList } from "./list.ts";
import type { RecentActivity } from "./lively.ts";
import type { Notifications } from "./notices.ts";
import type { Presence } from "./presence.ts";
import type { ListRepair } from "./repair.ts";
import type { ContactNotifier } from "./telling.ts";

/** What an inbox does later. */
export type JobKind =
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
export interface Components {
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
