import type { VersionedPerson } from "../../domain/accounts/person.ts";
import type { NotificationBatch } from "../../domain/ports.ts";
import {
  type DeliveredPosition,
  type InboxAnswer,
  type InboxUpdate,
  NOT_DEFERRED,
} from "../../domain/sync/inbox-update.ts";
import type { NotificationBox } from "../../domain/sync/notification.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import { effect, onlyIfStored } from "../../object/calls/object-call.ts";
import { WEIGHTS } from "../../object/user-budgets.ts";
import type { NotificationPage } from "../notifications.ts";
import { repeatable } from "./call.ts";

const { light, page, unweighed } = WEIGHTS;

/** The calls that bring the user something, and those that concern their notifications. */
export const DELIVERY = {
  /**
   * Stores an inbox update, and sends its messages and ephemeral events to the user's devices. Idempotent;
   * updates may arrive in any order.
   * @see InboxAnswer
   * @throws `not_found` for an unknown user, `unavailable` if messages that the devices miss cannot be
   *   fetched
   */
  applyUpdate: repeatable(
    unweighed,
    async (
      { accountDeletion, botUpdates, catchUp, deviceFeed, outfeeds },
      input: InboxUpdate,
    ): Promise<InboxAnswer> => {
      if (accountDeletion.isDeleted) return null;
      const position = await deviceFeed.take(input);
      if (position !== null) {
        catchUp.heard(input);
        return position;
      }
      if (botUpdates.isListening) return positionOfBot(input);
      return outfeeds.wouldBeDeferred(input) ? NOT_DEFERRED : null;
    },
  ),

  /**
   * Stores notifications of a conversation, and tells the user's devices the end of their own join requests.
   * Idempotent.
   * @see Notifications.receive
   * @throws `not_found` for an unknown user
   */
  notify: effect(
    repeatable(unweighed, ({ accountDeletion, notifications, sockets }, input: NotificationBatch) => {
      if (accountDeletion.isDeleted) return;
      const received = notifications.receive(input);
      // Without devices nobody is told.
      if (received.length === 0 || sockets.open().length === 0) return;
      const { unreadCount } = notifications.box();
      for (const notification of received) {
        const { event, group } = notification;
        sockets.broadcast({ type: "notification", notification, unreadCount });
        if (event !== "accepted" && event !== "rejected") continue;
        sockets.broadcast({ type: "join_request", conversationId: group.id, state: event });
      }
    }),
  ),

  /** A page of notifications, newest first. @see Notifications.page */
  notificationPage: repeatable(
    page,
    ({ notifications }, input: { before?: number; limit: number }): NotificationPage =>
      notifications.page(input),
  ),

  /** The newest notification, the unread count, and whether the box is listed. */
  notificationBox: repeatable(light, ({ notifications }): NotificationBox => notifications.box()),

  /** Marks all notifications as read. Idempotent. */
  readNotifications: effect(
    repeatable(light, ({ notifications, sockets }) => {
      if (notifications.read()) sockets.broadcast({ type: "notifications_read", isListed: true });
    }),
  ),

  /** Hides the notifications in the list until the next one arrives. Idempotent. @see Notifications.hide */
  hideNotifications: effect(
    repeatable(light, ({ notifications, sockets }, { forget }: { forget: boolean }) => {
      notifications.hide(forget);
      sockets.broadcast({ type: "notifications_read", isListed: false });
    }),
  ),

  /**
   * Sends an event to the connected devices. Without devices it is lost, and no tables are created. Phones
   * get no push of it: the call keeps its name, as objects of two releases call each other.
   */
  pushEvent: onlyIfStored(
    effect(
      repeatable(unweighed, ({ outfeeds, sockets }, { event }: { event: DeviceEvent }) => {
        sockets.broadcast(event);
        if (event.type === "space") outfeeds.spaceChanged(event.spaceId);
      }),
    ),
  ),

  /**
   * D1 has a new name or avatar of the user: announces it to their conversations and devices. Idempotent.
   * @see ProfileAnnouncer.changed
   */
  announceProfile: effect(
    repeatable(
      unweighed,
      async (
        { accountDeletion, profileAnnouncer, callBudget },
        { profile }: { profile: VersionedPerson },
      ) => {
        if (!accountDeletion.isDeleted) await profileAnnouncer.changed(profile, callBudget());
      },
    ),
  ),
};

/**
 * The position of a bot that waits for updates: as of a device that has the update, and needs no page. So the
 * conversation calls its inbox at once, without a cooldown.
 */
function positionOfBot({ lastSeq: seq, rev }: InboxUpdate): DeliveredPosition {
  return { seq, rev, formats: [], parts: true };
}
