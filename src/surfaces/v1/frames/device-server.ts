import { z } from "@hono/zod-openapi";
import { FriendState } from "../../../domain/contacts/friend-state.ts";
import { JoinOutcome } from "../../../domain/conversations/join-request.ts";
import { ConversationId, Position, SenderId, Seq, SpaceId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { ScheduledEvent } from "../../../domain/messages/scheduled.ts";
import { HeldOutcome } from "../../../domain/moderation/held-message.ts";
import { Sender } from "../accounts/users.ts";
import { orNull, Time } from "../common.ts";
import { ComposerDraft } from "../conversations/composer-drafts.ts";
import { UnreadFrom } from "../conversations/read-positions.ts";
import { Buttons, PassingId, TapId } from "../messages/buttons.ts";
import { AnyBody } from "../messages/message.ts";
import { MessageKind } from "../messages/poll.ts";
import { Scheduled, ScheduledId } from "../messages/scheduled.ts";
import { About, frame, Ready, Rev, SharedFrames } from "./server.ts";

/** `root`: it is a thread-only reply to this message. */
const UnreadMention = z.object({ seq: Seq, root: Seq.optional() });

export const MessagePreview = z
  .object({
    seq: Seq,
    sender_id: SenderId,
    kind: MessageKind,
    body: AnyBody,
    revoked: z.boolean(),
    created_at: Time,
  })
  .openapi("MessagePreview");
/** The newest message of a crowded group, as `activity` shows it. */
export type MessagePreview = z.infer<typeof MessagePreview>;

const DueReminders = {
  due_reminders: z.int().nonnegative().openapi({ description: "The reminders that are due by now" }),
};

/** Every frame of the server on a device socket, but the bare word `pong`. */
export const DeviceServerFrame = z
  .union([
    frame(
      "ready",
      {
        ...Ready,
        due_reminders: z
          .int()
          .nonnegative()
          .openapi({ description: "Reminders that came due, and that you have not seen" }),
      },
      "The first frame. Later events follow",
      "Device",
    ),
    ...SharedFrames,
    frame(
      "activity",
      {
        ...About,
        last_seq: Position,
        rev: Rev,
        read_seq: Position,
        unread_count: z.int().nonnegative(),
        unread_from: UnreadFrom.optional(),
        threads_unread: z.int().nonnegative(),
        mentions: z.array(UnreadMention).openapi({
          description: `The unread messages that mention you, newest first: ${LIMITS.mentionsListed} at most`,
        }),
        updated_at: Time,
        last_message: orNull(MessagePreview),
      },
      "A crowded group has changed: its messages wait until you `sync` it",
    ),
    frame(
      "focused",
      { ...About, last_seq: Position, rev: Rev },
      "This socket brings nothing more of the conversation until you `sync` it",
    ),
    frame("presence", { user_id: UserId, online: z.boolean() }, "A contact went online or offline"),
    frame(
      "message_request",
      { conversation_id: ConversationId, user_id: UserId },
      "A message request has come from this user, or you have answered it: `GET /v1/requests` has those that are open",
    ),
    frame(
      "space",
      { space_id: SpaceId },
      "You have come into this space, are in it no more, or it or its channels have changed: load it anew. Not repeated: load your spaces after `ready`, too",
    ),
    frame("friend", { user_id: UserId, state: FriendState }, "The state of friendship with a user"),
    frame(
      "draft",
      {
        ...About,
        draft: orNull(ComposerDraft),
        client_msg_id: z.string().optional().openapi({
          description: "Of a draft that has gone, if it had one: another composer stays as it is",
        }),
        updated_at: Time.optional().openapi({
          description: "Of a draft that has gone: a draft that you know of with a higher `updated_at` stays",
        }),
      },
      "What you are writing on another device; `null`: it was sent, deleted, or has gone with the conversation",
    ),
    frame(
      "reminder",
      { ...About, seq: Seq, note: z.string(), remind_at: Time, ...DueReminders },
      "The time of the reminder of a saved message has come",
    ),
    frame(
      "reminder_seen",
      { ...About, seq: Seq, ...DueReminders },
      "A reminder that was due is seen, moved or removed, on one of your devices",
    ),
    frame(
      "moderation",
      {},
      "You are staff, and reports or held messages have changed. `GET /v1/moderation/me` counts them",
    ),
    frame(
      "held",
      { ...About, client_msg_id: z.string(), state: HeldOutcome },
      "A moderator has decided of a message of yours that was `held`. Accepted, it comes as a message; refused, nobody else sees it",
    ),
    frame(
      "tapped",
      { tap_id: TapId, ...About, seq: Seq, user: Sender, data: z.string() },
      "You are a bot, and a user has tapped on a button of this message of yours. Answer by `POST /v1/bots/me/taps/{tap_id}`",
    ),
    frame(
      "passing",
      {
        ...About,
        id: PassingId,
        ...{ sender: Sender, kind: MessageKind, body: AnyBody },
        quote_seq: Seq.optional().openapi({ description: "The message that it answers" }),
        buttons: Buttons.optional().openapi({ description: "Each opens a page" }),
        created_at: Time,
      },
      "A bot shows you alone a message that is not stored: it has no `seq`, and is gone when you load the conversation anew",
    ),
    frame(
      "tap_answer",
      {
        ...{ tap_id: TapId, ...About, seq: Seq },
        text: z.string().openapi({ description: "Show it for a moment; empty: there is nothing to show" }),
        alert: z.boolean().openapi({ description: "Show the text until the user closes it" }),
        url: z.string().optional().openapi({ description: "Offer to open this page" }),
      },
      "The bot has answered your tap on a button of this message",
    ),
    frame("join_request", { ...About, state: JoinOutcome }, "Your request to join a group was decided"),
    frame(
      "scheduled",
      {
        event: ScheduledEvent,
        ...About,
        id: ScheduledId,
        scheduled: Scheduled.optional(),
        seq: Seq.optional().openapi({ description: "With `sent`: the message that it has become" }),
      },
      "Your scheduled message was created, changed, deleted, sent or refused. `scheduled`: as it is now, if it still exists",
    ),
  ])
  .openapi("DeviceServerFrame", {
    description:
      "What the server sends on a device socket. `type` selects the fields. Ignore types that you do not know",
  });
export type DeviceServerFrame = z.infer<typeof DeviceServerFrame>;
