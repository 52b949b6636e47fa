import type { DeviceSockets } from "./device-sockets.ts";
import type { Drafts } from "./drafts.ts";
import type { Endings } from "./endings.ts";
import type { Farewell } from "./farewell.ts";
import type { Feed } from "./feed.ts";
import type { Gate } from "./gate.ts";
import type { Hellos } from "./hellos.ts";
import type { List } from "./list.ts";
import type { Lively } from "./lively.ts";
import type { Notices } from "./notices.ts";
import type { Presence } from "./presence.ts";
import type { Repair } from "./repair.ts";
import type { Telling } from "./telling.ts";

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
export interface Live {
  gate: Gate;
  endings: Endings;
  farewell: Farewell;
  list: List;
  drafts: Drafts;
  notices: Notices;
  lively: Lively;
  hellos: Hellos;
  sockets: DeviceSockets;
  feed: Feed;
  presence: Presence;
  repair: Repair;
  telling: Telling;
}
