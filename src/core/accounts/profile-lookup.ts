import { deletedUser, type Person } from "../../domain/accounts/person.ts";
import type { UserId } from "../../domain/ids.ts";
import { readTip } from "../../domain/messages/content.ts";
import { type Message, usersMentioned } from "../../domain/messages/message.ts";
import { findPeople } from "../../storage/conversations/conversations.ts";
import type { Core } from "../context.ts";

/** Gives the profile of a user by id; of an unknown user that of a deleted one. */
export type ProfileLookup = (id: UserId) => Person;

/**
 * Loads the profiles of all users in these messages: senders, mentioned users, users in system messages,
 * users who revoked. At most one query of D1; none if the messages name only their senders.
 * @param others further users to load
 */
export async function loadProfiles(
  core: Core,
  messages: Message[],
  others: UserId[] = [],
): Promise<ProfileLookup> {
  const senders = messages.map(({ sender }) => sender);
  const senderIds = new Set(senders.map(({ id }) => id));
  const named = [...messages.flatMap(mentionedUsers), ...others].filter((id) => !senderIds.has(id));
  const found = named.length === 0 ? [] : await findPeople(core.db, [...new Set(named)]);
  return loadProfilesAmong([...senders, ...found]);
}

/** Makes a lookup from these profiles. */
export function loadProfilesAmong(people: Person[]): ProfileLookup {
  const known = new Map(people.map((person) => [person.id, person]));
  return (id) => known.get(id) ?? deletedUser(id);
}

/** The users that a message names besides its sender: mentioned, in a system message, or who revoked it. */
export function mentionedUsers({
  kind,
  body,
  mentions,
  alsoMentioned,
  revokedBy,
}: Pick<Message, "kind" | "body" | "mentions" | "alsoMentioned" | "revokedBy">): UserId[] {
  const mentioned = usersMentioned({ mentions, alsoMentioned });
  if (kind !== "tip") return revokedBy === undefined ? mentioned : [...mentioned, revokedBy];
  const tip = readTip(body);
  return "notice" in tip ? [] : [tip.actor_id, ...tip.user_ids];
}
