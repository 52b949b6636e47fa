import type { Chat, Message } from "parley-client";
import type { People } from "parley-client/people";
import { useMemo, useSyncExternalStore } from "react";
import { namesIn } from "../markup/mentions.ts";
import type { Names } from "../markup/names.ts";

const NOBODY: readonly Names[] = [];

/** Who knows users: the client, and what it has been told of others. */
interface Known {
  readonly chat: Chat;
  readonly people: People;
}

/**
 * The names that the `@` of a message may stand before: those of the users whom it mentions. They are asked
 * for where nothing is known of them.
 * @param text what of the message may name them
 */
export function useMentioned(
  { chat, people }: Known,
  { mentions }: Pick<Message, "mentions">,
  text: string,
): readonly Names[] {
  const known = () =>
    mentions === "all" ? [] : mentions.flatMap((id) => chat.state.user(id) ?? people.user(id) ?? []);
  // Of each user one line, so that a change of a name is another text.
  const lines = () =>
    known()
      .map(({ id, username, nickname }) => `${id}\n${username}\n${nickname}`)
      .join("\0");
  const names = useSyncExternalStore(people.subscribe, lines, lines);
  return useMemo(
    () => (mentions.length === 0 ? NOBODY : namesIn(text, mentions, known())),
    [mentions, names, text],
  );
}
