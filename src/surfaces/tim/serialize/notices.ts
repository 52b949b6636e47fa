import type { NotificationSummary } from "../../../core/notifications.ts";
import type { Notification, NotificationEvent } from "../../../domain/sync/notification.ts";
import { SYSTEM_ID, wireGroupID, wireNoticeID } from "../ids.ts";
import { TYPES } from "./groups.ts";
import { seconds } from "./setting.ts";

const ELEMENT = "TIMGroupSystemNoticeElem";

/** The SDK's number of what a notice tells. */
const OPERATIONS: Record<NotificationEvent, number> = {
  ...{ applied: 1, accepted: 2, rejected: 3, removed: 4, dissolved: 5, created: 6, added: 7 },
  ...{ admin_set: 9, admin_unset: 10 },
};

/** A notice as a message of the conversation `@TIM#SYSTEM`. */
export function serializeNotice(notification: Notification) {
  return {
    ID: wireNoticeID(notification.id),
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
    isPeerRead: false,
    ...{ from: SYSTEM_ID, nick: "", avatar: "", nameCard: "" },
    ...{ priority: "Normal", atUserList: [], cloudCustomData: "" },
  };
}

function payloadOf({ event, group, actor, message, application }: Notification) {
  return {
    operatorID: actor.username,
    operationType: OPERATIONS[event],
    groupProfile: {
      groupID: wireGroupID(group.id, group.handle),
      name: group.name,
      type: TYPES[group.policy],
    },
    ...{ handleMessage: message, applyMessage: application?.message ?? "" },
    ...{ messageKey: application?.id ?? 0, authentication: application?.authentication ?? "" },
  };
}

/** The conversation with the notices, as the SDK has it. @param summary null: there is none */
export function serializeSystem(summary: NotificationSummary | null) {
  return {
    ...{ conversationID: SYSTEM_ID, type: SYSTEM_ID, subType: "", unreadCount: summary?.unreadCount ?? 0 },
    lastMessage: lastOf(summary?.newest),
    ...{
      groupAtInfoList: [],
      remark: "",
      isPinned: false,
      messageRemindType: "AcceptAndNotify",
      peerReadTime: 0,
    },
  };
}

function lastOf(notification: Notification | undefined) {
  const none = { isRevoked: false, isPeerRead: false, nick: "", nameCard: "" };
  if (!notification) {
    return {
      lastTime: 0,
      lastSequence: 0,
      fromAccount: "",
      messageForShow: "",
      type: "",
      payload: {},
      ...none,
    };
  }
  const { type, payload, time, sequence, from } = serializeNotice(notification);
  return {
    ...{ lastTime: time, lastSequence: sequence, fromAccount: from, messageForShow: SHOWN },
    ...{ type, payload, ...none },
  };
}

/** The same in a list, with its last message in full. */
export function serializeListedSystem(summary: NotificationSummary) {
  return { ...serializeSystem(summary), message: serializeNotice(summary.newest) };
}

/** What stands for a notice in a list: as the SDK has it. */
const SHOWN = "[群系统通知]";
