import { z } from "zod";
import type { Person } from "../accounts/person.ts";
import { PolicyName } from "../conversations/group-kind.ts";
import { ConversationId, Handle, UserId } from "../ids.ts";

/** What a user is told of a group besides what its history tells: it concerns him alone, or he is not in it. */
export const NotificationEvent = z.enum([
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
export type NotificationEvent = z.infer<typeof NotificationEvent>;

/** A wish to come in. Who shows what authenticates it has been told of it; `""`: it is decided. */
export const NotifiedJoinRequest = z.object({
  id: z.int(),
  authentication: z.string(),
  message: z.string(),
});
export type NotifiedJoinRequest = z.infer<typeof NotifiedJoinRequest>;

/** A notice as it is stored: profiles are looked up when it is read, but the group as it was then, which may be gone. */
export const StoredNotification = z.object({
  event: NotificationEvent,
  group: z.object({ id: ConversationId, handle: Handle.nullable(), name: z.string(), policy: PolicyName }),
  /** who did it; of an application whoever applied */
  actorId: UserId,
  /** what he said to it */
  message: z.string(),
  /** of an application, and of what became of it */
  application: NotifiedJoinRequest.optional(),
  /** milliseconds */
  createdAt: z.int(),
});
export type StoredNotification = z.infer<typeof StoredNotification>;

/** That a wish to come in is to be forgotten, by its id: the account of whoever had it is deleted. */
const Retraction = z.object({ forgotten: z.int() });

/** What a group tells an inbox. */
export const NotificationOrRetraction = z.union([StoredNotification, Retraction]);
export type NotificationOrRetraction = z.infer<typeof NotificationOrRetraction>;

/** The same on its way: the ids of one conversation only rise. */
export interface SentNotification {
  id: number;
  notification: NotificationOrRetraction;
}

/** A notice in its receiver's order. */
export interface ReceivedNotification extends StoredNotification {
  /** 1, 2, 3 … for one receiver */
  id: number;
}

/** What a receiver has of notices: the newest, how many he has not read, whether he wants to see them in his list. */
export interface NotificationBox {
  newest: ReceivedNotification | null;
  unreadCount: number;
  isListed: boolean;
}

/** A notice as its receiver sees it. */
export interface Notification extends Omit<ReceivedNotification, "actorId"> {
  actor: Person;
  receiver: Person;
}
