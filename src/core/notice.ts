import { z } from "zod";
import { ConversationId, Handle, UserId } from "./ids.ts";
import type { Person } from "./message.ts";
import { PolicyName } from "./policies.ts";

/** What a user is told of a group besides what its history tells: it concerns him alone, or he is not in it. */
export const NoticeEvent = z.enum([
  /** somebody wants to come in: to those who may let him in */
  "applied",
  /** to whoever had applied */
  "accepted",
  "rejected",
  "removed",
  "dissolved",
  "created",
  "added",
  "admin_set",
  "admin_unset",
]);
export type NoticeEvent = z.infer<typeof NoticeEvent>;

/** A wish to come in. Who shows what authenticates it has been told of it; `""`: it is decided. */
export const NoticedApplication = z.object({
  id: z.int(),
  authentication: z.string(),
  message: z.string(),
});
export type NoticedApplication = z.infer<typeof NoticedApplication>;

/** A notice as it is stored: profiles are looked up when it is read, but the group as it was then, which may be gone. */
export const StoredNotice = z.object({
  event: NoticeEvent,
  group: z.object({ id: ConversationId, handle: Handle.nullable(), name: z.string(), policy: PolicyName }),
  /** who did it; of an application whoever applied */
  actorId: UserId,
  /** what he said to it */
  message: z.string(),
  /** of an application, and of what became of it */
  application: NoticedApplication.optional(),
  /** milliseconds */
  createdAt: z.int(),
});
export type StoredNotice = z.infer<typeof StoredNotice>;

/** That a wish to come in is to be forgotten, by its id: the account of whoever had it is deleted. */
const Forgotten = z.object({ forgotten: z.int() });

/** What a group tells an inbox. */
export const Delivered = z.union([StoredNotice, Forgotten]);
export type Delivered = z.infer<typeof Delivered>;

/** The same on its way: the ids of one conversation only rise. */
export interface SentNotice {
  id: number;
  notice: Delivered;
}

/** A notice in its receiver's order. */
export interface ReceivedNotice extends StoredNotice {
  /** 1, 2, 3 … for one receiver */
  id: number;
}

/** What a receiver has of notices: the newest, how many he has not read, whether he wants to see them in his list. */
export interface NoticeBox {
  newest: ReceivedNotice | null;
  unreadCount: number;
  isListed: boolean;
}

/** A notice as its receiver sees it. */
export interface Notice extends Omit<ReceivedNotice, "actorId"> {
  actor: Person;
  receiver: Person;
}
