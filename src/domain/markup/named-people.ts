import type { Person } from "../accounts/person.ts";
import { isInWord } from "./words.ts";

/**
 * Who of those that a message mentions is named at a place of its text, behind the `@`: the longest name
 * counts. `to`: where the name ends.
 */
export function namedAt(
  mentioned: readonly Person[],
  text: string,
  from: number,
): { id: number; to: number } | undefined {
  const found = mentioned
    .flatMap(({ id, username, nickname }) =>
      [username, nickname].map((name) => ({ id, to: from + name.length, name })),
    )
    .filter(({ name, to }) => name !== "" && text.startsWith(name, from) && !isInWord(text, to));
  return found.toSorted((one, other) => other.to - one.to)[0];
}
