import { findPeople } from "../storage/conversations.ts";
import { Tip } from "./content.ts";
import type { Core } from "./core.ts";
import type { UserId } from "./ids.ts";
import { goneUser, type Message, type Person } from "./message.ts";

/** Who is who of those whom messages name: tells of everybody, of who is unknown that he is gone. */
export type Cast = (id: UserId) => Person;

/**
 * Everybody whom these messages name, their senders too: whom they mention, of whom tips tell, who took them back.
 * At most one query of D1, none where messages name nobody but who wrote them.
 * @param others who is to be known besides
 */
export async function castOf(core: Core, messages: Message[], others: UserId[] = []): Promise<Cast> {
  const known = messages.map(({ sender }) => sender);
  const ids = new Set(known.map(({ id }) => id));
  const named = [...messages.flatMap(namedIn), ...others].filter((id) => !ids.has(id));
  const found = named.length === 0 ? [] : await findPeople(core.db, [...new Set(named)]);
  return castAmong([...known, ...found]);
}

/** Who is who of these. */
export function castAmong(people: Person[]): Cast {
  const known = new Map(people.map((person) => [person.id, person]));
  return (id) => known.get(id) ?? goneUser(id);
}

/** Whom a message names, but for who wrote it. */
export function namedIn({
  kind,
  body,
  mentions,
  revokedBy,
}: Pick<Message, "kind" | "body" | "mentions" | "revokedBy">): UserId[] {
  const mentioned = mentions === "all" ? [] : mentions;
  if (kind !== "tip") return revokedBy === undefined ? mentioned : [...mentioned, revokedBy];
  const { actor_id, user_ids } = Tip.parse(JSON.parse(body));
  return [actor_id, ...user_ids];
}
