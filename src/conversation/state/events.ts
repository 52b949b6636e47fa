import type { VersionedPerson } from "../../domain/accounts/person.ts";
import type { Conversation } from "../../domain/conversations/conversation.ts";
import type { Position, Seq, UserId } from "../../domain/ids.ts";
import { GroupEvent } from "../../domain/messages/content.ts";
import type { ThreadState } from "../../domain/messages/thread.ts";
import type { MemberEvent } from "../../domain/sync/socket-protocol.ts";
import type { RoomStores } from "../room/context.ts";
import type { Receiver } from "../sockets/receiver.ts";
import type { GroupChange } from "./group-change.ts";
import type { Audience, Published, SharedEvent } from "./published.ts";

/** What events show. */
type Room = Pick<RoomStores, "state" | "members" | "viewers" | "snapshots">;

/**
 * A read position has moved: others learn the position, the reader also what is unread. In a crowd and in an
 * audience room only the reader learns of it: each message would bring as many frames to each socket as it
 * has readers, and viewers are not told what members do.
 */
export function readEvents(
  room: Room,
  userId: UserId,
  seq: Position,
  from: Receiver | null = null,
): Published[] {
  const event = { type: "read", conversationId: room.state.id, userId, seq } as const;
  const own = { ...unreadChanged(room, { own: userId }, from), event: () => ownRead(room, userId, seq) };
  if (room.members.isCrowd || room.viewers.isAudienceRoom) return [own];
  return [{ event, to: { around: userId, self: "nowhere" }, subject: `read ${userId}`, from }, own];
}

/** What is unread to users has changed, and their read position has not moved: nobody else learns of it. */
export function unreadChanged(room: Room, to: Audience, from: Receiver | null = null): Published {
  return { event: (userId) => ownRead(room, userId), to, subject: "read", from };
}

function ownRead({ state, members, snapshots }: Room, userId: UserId, seq?: Position): SharedEvent | null {
  const reader = members.findActive(userId);
  if (!reader) return null;
  const unread = snapshots.unread(reader);
  return { type: "read", conversationId: state.id, userId, seq: seq ?? reader.read_seq, unread };
}

/** Users have followed, left or read a thread. @param describe its state for one of them */
export function threadRead(
  { state, members, snapshots }: Room,
  to: Audience,
  root: Seq,
  describe: (userId: UserId) => ThreadState,
): Published {
  const event = (userId: UserId): SharedEvent | null => {
    const reader = members.findActive(userId);
    if (!reader) return null;
    const unread = snapshots.unreadInThreads(reader);
    return { type: "thread_read", conversationId: state.id, root, thread: describe(userId), unread };
  };
  return { event, to, subject: `thread ${root}` };
}

/** A member has deleted the conversation for themself, up to a message. */
export function deletedFor({ state }: Pick<Room, "state">, userId: UserId, seq: Position): Published {
  const event = { type: "deleted", conversationId: state.id, seq } as const;
  return { event, to: { own: userId }, subject: "deleted" };
}

export function typing({ state }: Pick<Room, "state">, userId: UserId): Published {
  const event = { type: "typing", conversationId: state.id, userId } as const;
  return { event, to: { around: userId, self: "nowhere" }, subject: `typing ${userId}` };
}

/** A member has another name or avatar. Their inbox tells their own devices. */
export function profileChanged({ version, ...user }: VersionedPerson): Published {
  const event = { type: "profile", user, version } as const;
  return { event, to: { around: user.id, self: "room sockets" }, subject: `profile ${user.id}` };
}

/** A user sees the conversation otherwise. @param describe the conversation as they see it; null: no more */
export function conversationUpdated(userId: UserId, describe: () => Conversation | null): Published {
  const event = (): SharedEvent | null => {
    const conversation = describe();
    return conversation && { type: "conversation", conversation };
  };
  return { event, to: { only: new Set([userId]) }, subject: "conversation" };
}

/** What members are told of a change of the group besides its system message. */
export function memberEvents({ state }: Pick<Room, "state">, change: GroupChange): Published[] {
  const { systemMessage, memberEvent, kick, dissolvedAt } = change;
  const about = (event: MemberEvent, userIds: UserId[]) =>
    ({ type: "member", conversationId: state.id, event, userIds }) as const;
  const by = systemMessage?.event === "removed" && { actorId: systemMessage.actor_id };
  const all = { membersAnd: kick?.userIds ?? [] };
  const events: Published[] = [];
  const groupEvent = GroupEvent.safeParse(systemMessage?.event).data;
  if (groupEvent)
    events.push({ event: { ...about(groupEvent, systemMessage?.user_ids ?? []), ...by }, to: all });
  if (memberEvent) {
    const { event, userIds, to } = memberEvent;
    events.push({ event: about(event, userIds), to, subject: `${event} ${userIds}` });
  }
  if (dissolvedAt !== undefined) events.push({ event: about("dissolved", []), to: all });
  return events;
}
