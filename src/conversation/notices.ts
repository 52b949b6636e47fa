import type { Profile } from "../core/conversation.ts";
import type { ConversationId, UserId } from "../core/ids.ts";
import type { NoticedApplication, NoticeEvent } from "../core/notice.ts";
import type { FirstMember } from "../core/ports.ts";
import type { Application } from "./applications.ts";
import type { Posted } from "./outbox.ts";

/** A group, as a notice names it. */
interface Named {
  id: ConversationId;
  profile: Pick<Profile, "handle" | "name" | "policy">;
}

/** What happens, who does it, and whom it is told. */
export interface Happening {
  event: NoticeEvent;
  actorId: UserId;
  to: UserId[];
  /** what he says to it */
  message?: string;
  /** whose it is about */
  application?: Application | undefined;
}

/** A notice of a group as it is now. */
export function noticeOf(
  { id, profile: { handle, name, policy } }: Named,
  { event, actorId, to, message = "", application }: Happening,
): Posted {
  const about = application && { application: noticed(event, application) };
  const notice = {
    event,
    group: { id, handle, name, policy },
    actorId,
    message,
    ...about,
    createdAt: Date.now(),
  };
  return { notice, to };
}

/** What those are told with whom a group was created. */
export function firstNotices(group: Named & { profile: Profile }, members: FirstMember[]): Posted[] {
  const { ownerId } = group.profile;
  if (ownerId === null) return [];
  const others = members.map(({ person }) => person.id).filter((id) => id !== ownerId);
  return [
    noticeOf(group, { event: "created", actorId: ownerId, to: [ownerId] }),
    noticeOf(group, { event: "added", actorId: ownerId, to: others }),
  ];
}

/** Whoever is to decide is given what authenticates it, and nobody else. */
function noticed(event: NoticeEvent, { id, authentication, message }: Application): NoticedApplication {
  return { id, message, authentication: event === "applied" ? authentication : "" };
}
