import { z } from "@hono/zod-openapi";
import type { PassingMessage } from "../../../domain/bots/passing.ts";
import { attempt, invalid } from "../../../domain/errors.ts";
import { StoredBody } from "../../../domain/messages/content.ts";
import type { Preview } from "../../../domain/messages/preview.ts";
import { EncodedPart } from "../../../domain/sync/encoded-message.ts";
import type {
  DeviceCommand,
  DeviceEvent,
  DeviceProtocol,
  DeviceSendItem,
  SyncPoint,
} from "../../../domain/sync/socket-protocol.ts";
import { parseJson, requireSound } from "../../../http/json.ts";
import { serializePerson } from "../accounts/users.ts";
import { serializeComposerDraft } from "../conversations/composer-drafts.ts";
import { withOwnPart, withoutBodyJson } from "../messages/message.ts";
import { bodyOf, kindOf } from "../messages/poll.ts";
import { serializeScheduled } from "../messages/scheduled.ts";
import {
  Address,
  Auth,
  DeviceDraftText,
  DeviceFocus,
  DeviceFrameType,
  DeviceRead,
  DeviceTyping,
  Sends,
  SyncPosition,
  SyncPositions,
} from "./client.ts";
import { checked, clientMsgIdOf, draftOf } from "./decode.ts";
import type { DeviceServerFrame, MessagePreview } from "./device-server.ts";
import { conversationEvent, encoding } from "./encode.ts";

type ScheduledDeviceEvent = Extract<DeviceEvent, { type: "scheduled" }>;

/** The two forms of `sync`: one point, or `items`. */
const Forms = z.object({
  items: z.unknown().optional(),
  conversation_id: z.unknown().optional(),
  after: z.unknown().optional(),
  rev: z.unknown().optional(),
});

/** v1's frames of device sockets: text frames, one JSON object each. */
export const deviceProtocol: DeviceProtocol = {
  ...encoding,
  decode: (frame) => attempt(() => toCommand(frame)),
  name: "v1",
  encode: encoding.message,
  withoutBody: (text) => EncodedPart.parse(withoutBodyJson(text)),
  withOwn: (text, own) => EncodedPart.parse(withOwnPart(text, own)),
  event: (event) => (isShown(event) ? JSON.stringify(wireEvent(event)) : null),
  acks: encoding,
  supportsResume: true,
  survivesTokenExpiry: false,
  toleratesInvalidFrames: false,
};

/**
 * A frame as a command.
 * @throws `validation_failed`, which refuses the frame as a whole
 */
function toCommand(frame: string): DeviceCommand {
  const value = parseJson(frame, "frame");
  const { type } = checked(DeviceFrameType, value);
  if (type === "send") return { type, items: [deviceSend(value)] };
  if (type === "sends") return { type: "send", items: checked(Sends, value).items.map(deviceSend) };
  requireSound(value, "frame");
  switch (type) {
    case "read": {
      const { conversation_id: conversationId, seq } = checked(DeviceRead, value);
      return { type, conversationId, seq };
    }
    case "typing":
      return { type, conversationId: checked(DeviceTyping, value).conversation_id };
    case "draft_text":
      return draftText(value);
    case "sync":
      return { type, items: syncPoints(value) };
    case "focus":
      return { type, conversationId: checked(DeviceFocus, value).conversation_id };
    case "auth":
      return { type, token: checked(Auth, value).token };
  }
}

/** A part of what a bot is writing; the last one is a send. */
function draftText(value: unknown): DeviceCommand {
  const {
    conversation_id: conversationId,
    stream,
    text,
    end = false,
    client_msg_id: clientMsgId = stream,
  } = checked(DeviceDraftText, value);
  if (!end) return { type: "draft_text", conversationId, stream, text };
  const message = { kind: "text", body: { text }, client_msg_id: clientMsgId };
  const send = attempt(() => ({ conversationId, draft: draftOf(message) }));
  return { type: "send", items: [{ send, clientMsgId, endedStream: stream }] };
}

/**
 * One send of a frame. An invalid send, or an invalid address, is an error of this item alone, with its
 * client message id if it has one.
 */
function deviceSend(value: unknown): DeviceSendItem {
  const send = attempt(() => {
    const { conversation_id: conversationId } = checked(Address, value);
    return { conversationId, draft: draftOf(value) };
  });
  return { send, clientMsgId: send.ok ? send.value.draft.clientMsgId : clientMsgIdOf(value) };
}

/**
 * The sync positions of either form.
 * @throws `validation_failed` if both forms are mixed
 */
function syncPoints(value: unknown): SyncPoint[] {
  const { items, ...single } = checked(Forms, value);
  if (items === undefined) return [syncPoint(checked(SyncPosition, single))];
  if (Object.values(single).some((field) => field !== undefined))
    throw invalid("items", "send `items`, or `conversation_id` and `after`, not both");
  return checked(SyncPositions, { items }).items.map(syncPoint);
}

function syncPoint({ conversation_id: conversationId, after, rev }: z.infer<typeof SyncPosition>): SyncPoint {
  return { conversationId, after, rev };
}

function serializePreview(preview: Preview): MessagePreview {
  const { seq, senderId, revoked, createdAt } = preview;
  const body = StoredBody.parse(JSON.parse(bodyOf(preview)));
  return { seq, sender_id: senderId, kind: kindOf(preview, senderId), body, revoked, created_at: createdAt };
}

function scheduledFrame({ event, message, seq }: ScheduledDeviceEvent): DeviceServerFrame {
  const { id, conversationId } = message;
  const exists = event !== "sent" && event !== "deleted";
  return {
    ...{ type: "scheduled", event, conversation_id: conversationId, id },
    ...(exists && { scheduled: serializeScheduled(message) }),
    ...(seq !== undefined && { seq }),
  };
}

function passingFrame(message: PassingMessage): DeviceServerFrame {
  const { id, conversationId, sender, kind, body, quoteSeq, buttons, createdAt } = message;
  return {
    ...{ type: "passing", conversation_id: conversationId, id, sender: serializePerson(sender), kind },
    body: StoredBody.parse(JSON.parse(body)),
    ...(quoteSeq !== undefined && { quote_seq: quoteSeq }),
    ...(buttons && { buttons }),
    created_at: createdAt,
  };
}

/** The events without frames of v1, whose clients fetch the lists, or have `join_request` and `member`. */
const UNSHOWN = [
  ...(["notification", "notifications_read", "blocks"] as const),
  ...(["friend_marks", "attributes", "counter", "online_message"] as const),
] satisfies DeviceEvent["type"][];
type Unshown = Extract<DeviceEvent, { type: (typeof UNSHOWN)[number] }>;

function isShown(event: DeviceEvent): event is Exclude<DeviceEvent, Unshown> {
  return !UNSHOWN.some((type) => type === event.type);
}

function wireEvent(event: Exclude<DeviceEvent, Unshown>): DeviceServerFrame {
  switch (event.type) {
    case "ready":
      return {
        type: "ready",
        user_id: event.userId,
        session_id: event.sessionId,
        due_reminders: event.dueReminders,
      };
    case "focused": {
      const { conversationId, lastSeq, rev } = event;
      return { type: "focused", conversation_id: conversationId, last_seq: lastSeq, rev };
    }
    case "activity":
      return {
        type: "activity",
        conversation_id: event.conversationId,
        last_seq: event.lastSeq,
        rev: event.rev,
        read_seq: event.readSeq,
        unread_count: event.unreadCount,
        ...(event.unreadFrom !== null && { unread_from: event.unreadFrom }),
        threads_unread: event.threadsUnread,
        mentions: event.mentioned.map(({ seq, threadRoot }) => {
          return { seq, ...(threadRoot !== undefined && { root: threadRoot }) };
        }),
        updated_at: event.updatedAt,
        last_message: event.preview && serializePreview(event.preview),
      };
    case "presence":
      return { type: "presence", user_id: event.userId, online: event.online };
    case "friend":
      return { type: "friend", user_id: event.userId, state: event.state };
    case "message_request":
      return { type: "message_request", conversation_id: event.conversationId, user_id: event.fromId };
    case "space":
      return { type: "space", space_id: event.spaceId };
    case "composer_draft": {
      const { conversationId, draft, clientMsgId, updatedAt } = event;
      const shown = draft && serializeComposerDraft(draft);
      const gone = { client_msg_id: clientMsgId, updated_at: updatedAt };
      return { type: "draft", conversation_id: conversationId, draft: shown, ...gone };
    }
    case "reminder": {
      const { type, conversationId, seq, note, remindAt, dueCount } = event;
      const about = { conversation_id: conversationId, seq, note, remind_at: remindAt };
      return { type, ...about, due_reminders: dueCount };
    }
    case "reminder_seen": {
      const { type, conversationId, seq, dueCount } = event;
      return { type, conversation_id: conversationId, seq, due_reminders: dueCount };
    }
    case "moderation":
      return { type: "moderation" };
    case "held": {
      const { type, conversationId, clientMsgId, state } = event;
      return { type, conversation_id: conversationId, client_msg_id: clientMsgId, state };
    }
    case "tapped": {
      const { id, conversationId, seq, user, data } = event.tap;
      const about = { tap_id: id, conversation_id: conversationId, seq };
      return { type: "tapped", ...about, user: serializePerson(user), data };
    }
    case "passing":
      return passingFrame(event.message);
    case "tap_answer": {
      const { type, tapId, conversationId, seq, answer } = event;
      return { type, tap_id: tapId, conversation_id: conversationId, seq, ...answer };
    }
    case "join_request":
      return { type: "join_request", conversation_id: event.conversationId, state: event.state };
    case "scheduled":
      return scheduledFrame(event);
    default:
      return conversationEvent(event);
  }
}
