import type { Profile } from "../../domain/conversations/conversation.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { StoredInitialMember } from "../../domain/ports.ts";
import type { NotificationEvent, NotifiedJoinRequest } from "../../domain/sync/notification.ts";
import type { QueuedNotification } from "../delivery/notification-outbox.ts";
import type { JoinRequestRow } from "../members/join-requests.ts";

/** A group, as a notification names it. */
interface NamedConversation {
  id: ConversationId;
  profile: Pick<Profile, "handle" | "name" | "policy">;
}

/** The event, the actor and the receivers of a notification. */
export interface NotificationInput {
  event: NotificationEvent;
  actorId: UserId;
  to: UserId[];
  /** the actor's words, such as the reason of a removal; empty by default */
  message?: string;
  /** the join request that the event is about */
  joinRequest?: JoinRequestRow | undefined;
}

/** Makes a notification, with the group's name and kind as they are now. */
export function notificationOf(
  { id, profile: { handle, name, policy } }: NamedConversation,
  { event, actorId, to, message = "", joinRequest }: NotificationInput,
): QueuedNotification {
  const about = joinRequest && { application: notifiedJoinRequest(event, joinRequest) };
  const notification = {
    event,
    group: { id, handle, name, policy },
    actorId,
    message,
    ...about,
    createdAt: Date.now(),
  };
  return { notification, to };
}

/**
 * The notifications of a new group: `created` for the owner, `added` for the other first members.
 * @returns none for a conversation without an owner
 */
export function firstNotifications(
  group: NamedConversation & { profile: Profile },
  members: StoredInitialMember[],
): QueuedNotification[] {
  const { ownerId } = group.profile;
  if (ownerId === null) return [];
  const others = members.map(({ person }) => person.id).filter((id) => id !== ownerId);
  return [
    notificationOf(group, { event: "created", actorId: ownerId, to: [ownerId] }),
    notificationOf(group, { event: "added", actorId: ownerId, to: others }),
  ];
}

/**
 * A join request as a notification shows it. Only `applied`, which goes to approvers, has the
 * `authentication`.
 */
function notifiedJoinRequest(
  event: NotificationEvent,
  { id, authentication, message }: JoinRequestRow,
): NotifiedJoinRequest {
  return { id, message, authentication: event === "applied" ? authentication : "" };
}
