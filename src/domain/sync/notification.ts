import { z } from "zod";
import type { Person } from "../accounts/person.ts";
import { PolicyName } from "../conversations/group-kind.ts";
import { ConversationId, Handle, UserId } from "../ids.ts";

/**
 * The events of notifications: they concern one user, or reach a user who is no member, so no system message
 * has them.
 */
export const NotificationEvent = z.enum([
  /** a user has asked to join: sent to the members who may approve it */
  "applied",
  /** sent to the user who had asked to join */
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

/**
 * A join request in a notification. `authentication` authorizes the decision; `""`: the request is decided.
 */
export const NotifiedJoinRequest = z.object({
  id: z.int(),
  authentication: z.string(),
  message: z.string(),
});
export type NotifiedJoinRequest = z.infer<typeof NotifiedJoinRequest>;

/**
 * A notification as it is stored. Profiles are looked up when it is read. The group is stored as it was,
 * since it may be dissolved.
 */
export const StoredNotification = z.object({
  event: NotificationEvent,
  group: z.object({ id: ConversationId, handle: Handle.nullable(), name: z.string(), policy: PolicyName }),
  /** the user who acted; for `applied` the user who asked to join */
  actorId: UserId,
  /** the actor's text */
  message: z.string(),
  /** the join request, for `applied`, `accepted` and `rejected` */
  application: NotifiedJoinRequest.optional(),
  /** milliseconds */
  createdAt: z.int(),
});
export type StoredNotification = z.infer<typeof StoredNotification>;

/** A retraction: the join request of this id is deleted, as its user's account is deleted. */
const Retraction = z.object({ forgotten: z.int() });

/** An item that a group sends to an inbox. */
export const NotificationOrRetraction = z.union([StoredNotification, Retraction]);
export type NotificationOrRetraction = z.infer<typeof NotificationOrRetraction>;

/** A notification or retraction in delivery; the ids of one conversation only rise. */
export interface SentNotification {
  id: number;
  notification: NotificationOrRetraction;
}

/** A notification as the receiver's inbox stores it. */
export interface ReceivedNotification extends StoredNotification {
  /** 1, 2, 3 … for one receiver */
  id: number;
}

/** A user's notifications in summary: the newest, the unread count, and whether their list shows them. */
export interface NotificationBox {
  newest: ReceivedNotification | null;
  unreadCount: number;
  isListed: boolean;
}

/** A notification as the receiver reads it, with profiles. */
export interface Notification extends Omit<ReceivedNotification, "actorId"> {
  actor: Person;
  receiver: Person;
}
