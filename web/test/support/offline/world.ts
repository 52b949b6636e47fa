import { Person } from "../../../../scripts/support/person.ts";
import type { Site } from "../site.ts";
import type { World } from "./action.ts";

/** A user with a group of three. */
export async function worldOf(site: Site): Promise<World> {
  const [ann, ben, cem] = [await site.person("ann"), await site.person("ben"), await site.person("cem")];
  const name = `Hike of ${ann.user.username}`;
  const { id } = await ann.openGroup(name, [ben, cem]);
  let words = 0;
  return {
    ...{ ann, ben, cem, id, name },
    word: () => `word-${++words}.`,
    person: (called) => site.person(called),
    by: (token) => Person.of(site.origin, token, ann.user),
  };
}
