import { deletedUser, type Person } from "../../domain/accounts/person.ts";
import type { UserId } from "../../domain/ids.ts";
import { SystemMessage } from "../../domain/messages/content.ts";
import type { Message } from "../../domain/messages/message.ts";
import { findPeople } from "../../storage/conversations/conversations.ts";
import type { Core } from "../context.ts";

/** Who is who of those whom messages name: tells of everybody, of who is unknown that he is gone. */
export type ProfileLookup = (id: UserId) => Person;

/**
 * Everybody whom these messages name, their senders too: whom they mention, of whom tips tell, who took them back.
 * At most one query of D1, none where messages name nobody but who wrote them.
 * @param others who is to be known besides
 */
export async function loadProfiles(
  core: Core,
  messages: Message[],
  others: UserId[] = [],
): Promise<ProfileLookup> {
  const known = messages.map(({ sender }) => sender);
  const ids = new Set(known.map(({ id }) => id));
  const named = [...messages.flatMap(mentionedUsers), ...others].filter((id) => !ids.has(id));
  const found = named.length === 0 ? [] : await findPeople(core.db, [...new Set(named)]);
  return loadProfilesAmong([...known, ...found]);
}

/** Who is who of these. */
export function loadProfilesAmong(people: Person[]): ProfileLookup {
  const known = new Map(people.map((person) => [person.id, person]));
  return (id) => known.get(id) ?? deletedUser(id);
}

/** Whom a message names, but for who wrote it. */
export function mentionedUsers({
  kind,
  body,
  mentions,
  revokedBy,
}: Pick<Message, "kind" | "body" | "mentions" | "revokedBy">): UserId[] {
  const mentioned = mentions === "all" ? [] : mentions;
  if (kind !== "tip") return revokedBy === undefined ? mentioned : [...mentioned, revokedBy];
  const { actor_id, user_ids } = SystemMessage.parse(JSON.parse(body));
  return [actor_id, ...user_ids];
}
