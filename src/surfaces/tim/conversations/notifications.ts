import type { Notification, NotificationEvent } from "../../../domain/sync/notification.ts";
import { seconds } from "../context.ts";
import { TYPES } from "../groups/group.ts";
import { SYSTEM_ID, wireGroupID, wireNotificationID } from "../ids.ts";
import type { NotificationSummary } from "../use-cases/notifications.ts";

const ELEMENT = "TIMGroupSystemNoticeElem";

/** The SDK's numbers of notification events. */
const OPERATIONS: Record<NotificationEvent, number> = {
  ...{ applied: 1, accepted: 2, rejected: 3, removed: 4, dissolved: 5, created: 6, added: 7 },
  ...{ admin_set: 9, admin_unset: 10 },
};

/** A notification as a message of the conversation `@TIM#SYSTEM`. */
export function serializeNotification(notification: Notification) {
  return {
    ID: wireNotificationID(notification.id),
    type: ELEMENT,
    payload: payloadOf(notification),
    ...{
      conversationID: SYSTEM_ID,
      conversationType: SYSTEM_ID,
      to: notification.receiver.username,
      flow: "in",
    },
    ...{
      time: seconds(notification.createdAt),
      clientTime: seconds(notification.createdAt),
      sequence: notification.id,
    },
    ...{ status: "success", isRevoked: false, revoker: "", isDeleted: false, isModified: false },
    ...{ isPeerRead: false, version: 0 },
    ...{ from: SYSTEM_ID, nick: "", avatar: "", nameCard: "" },
    ...{ priority: "Normal", atUserList: [], cloudCustomData: "" },
  };
}

function payloadOf({ event, group, actor, message, application }: Notification) {
  return {
    operatorID: actor.username,
    operationType: OPERATIONS[event],
    groupProfile: {
      groupID: wireGroupID(group.id, group),
      name: group.name,
      type: TYPES[group.policy],
    },
    ...{ handleMessage: message, applyMessage: application?.message ?? "" },
    ...{ messageKey: application?.id ?? 0, authentication: application?.authentication ?? "" },
  };
}

/**
 * The conversation with the notifications, in the shape of the SDK.
 * @param summary null: there are none
 */
export function serializeSystem(summary: NotificationSummary | null) {
  return {
    ...{ conversationID: SYSTEM_ID, type: SYSTEM_ID, subType: "", unreadCount: summary?.unreadCount ?? 0 },
    lastMessage: lastOf(summary?.newest),
    ...{
      groupAtInfoList: [],
      remark: "",
      markList: [],
      conversationGroupList: [],
      isPinned: false,
      messageRemindType: "AcceptAndNotify",
      peerReadTime: 0,
    },
  };
}

function lastOf(notification: Notification | undefined) {
  const noMessage = { isRevoked: false, isPeerRead: false, nick: "", nameCard: "" };
  if (!notification) {
    return {
      lastTime: 0,
      lastSequence: 0,
      fromAccount: "",
      messageForShow: "",
      type: "",
      payload: {},
      ...noMessage,
    };
  }
  const { type, payload, time, sequence, from } = serializeNotification(notification);
  return {
    ...{ lastTime: time, lastSequence: sequence, fromAccount: from, messageForShow: PREVIEW },
    ...{ type, payload, ...noMessage },
  };
}

/** The same in a list, with its whole last message. */
export function serializeSystemInList(summary: NotificationSummary) {
  return { ...serializeSystem(summary), message: serializeNotification(summary.newest) };
}

/** The text of a notification in a list, as in the SDK. */
const PREVIEW = "[群系统通知]";
