import type { Profile } from "../../domain/conversations/conversation.ts";
import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { StoredInitialMember } from "../../domain/ports.ts";
import type { NotificationEvent, NotifiedJoinRequest } from "../../domain/sync/notification.ts";
import type { QueuedNotification } from "../delivery/notification-outbox.ts";
import type { JoinRequestRow } from "../members/join-requests.ts";

/** A group, as a notice names it. */
interface NamedConversation {
  id: ConversationId;
  profile: Pick<Profile, "handle" | "name" | "policy">;
}

/** What happens, who does it, and whom it is told. */
export interface NotificationInput {
  event: NotificationEvent;
  actorId: UserId;
  to: UserId[];
  /** what he says to it */
  message?: string;
  /** whose it is about */
  application?: JoinRequestRow | undefined;
}

/** A notice of a group as it is now. */
export function notificationOf(
  { id, profile: { handle, name, policy } }: NamedConversation,
  { event, actorId, to, message = "", application }: NotificationInput,
): QueuedNotification {
  const about = application && { application: notifiedApplication(event, application) };
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

/** What those are told with whom a group was created. */
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

/** Whoever is to decide is given what authenticates it, and nobody else. */
function notifiedApplication(
  event: NotificationEvent,
  { id, authentication, message }: JoinRequestRow,
): NotifiedJoinRequest {
  return { id, message, authentication: event === "applied" ? authentication : "" };
}
