import { z } from "zod";
import { deletedUser, type Person } from "../../../domain/accounts/person.ts";
import type { BotPlace } from "../../../domain/bots/bot-update.ts";
import { NOBODY, UserId } from "../../../domain/ids.ts";

/** A user as this API shows them. */
export function serializeUser({ id, username, nickname, bot, hook }: Person) {
  return {
    ...{ id, is_bot: bot === true || hook !== undefined, first_name: firstName({ nickname, username }) },
    ...(username !== "" && !hook && { username }),
  };
}

function namesOf(names: Pick<Person, "nickname" | "username">) {
  const { username } = names;
  return { first_name: firstName(names), ...(username !== "" && { username }) };
}

/** Messages by nobody are of the server. Clients take an empty name for none. */
function firstName({ nickname, username }: Pick<Person, "nickname" | "username">): string {
  return nickname || username || "Server";
}

/** What is known of a user whom a message names by their number. */
export function knownUser(id: UserId, { self, peer, people }: BotPlace) {
  if (id === self.id) return serializeUser({ ...self, bot: true });
  if (id === NOBODY) return serializeUser({ ...deletedUser(id), bot: true });
  const found = [...(peer ? [peer] : []), ...(people ?? [])].find((one) => one.id === id);
  return serializeUser(found ?? deletedUser(id));
}

/** The id of a chat: that of the other user, or the negative one of a group. */
function chatId({ id, peer }: Pick<BotPlace, "id" | "peer">): number {
  return peer ? peer.id : -id;
}

/** A chat as messages show it. */
export function serializeChat(place: Pick<BotPlace, "id" | "kind" | "name" | "peer">) {
  const id = chatId(place);
  if (place.kind === "group") return { id, type: "supergroup" as const, title: place.name };
  return { id, type: "private" as const, ...namesOf(place.peer ?? { username: "", nickname: "" }) };
}

/** A user, or the private chat with one, as JSON has them. */
const Named = z.looseObject({ id: UserId, first_name: z.string() });

/** The users whom JSON of this API shows by name. */
export function namedUsers(json: string): UserId[] {
  const found: UserId[] = [];
  JSON.parse(json, (_, value: unknown) => {
    const { data } = Named.safeParse(value);
    if (data) found.push(data.id);
    return value;
  });
  return found;
}

/** The JSON with the names that these users have now. */
export function renamedUsers(json: string, people: ReadonlyMap<UserId, Person>): string {
  const renamed: unknown = JSON.parse(json, (_, value: unknown) => {
    const { data } = Named.safeParse(value);
    const person = data && people.get(data.id);
    if (!person) return value;
    const { username: _former, first_name: _name, ...kept } = data;
    return { ...kept, ...namesOf(person) };
  });
  return JSON.stringify(renamed);
}
