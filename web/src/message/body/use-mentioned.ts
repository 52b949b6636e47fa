import type { Message } from "parley-client";
import { type Names, namesIn } from "parley-react/markup";
import { useSyncExternalStore } from "preact/compat";
import { useMemo } from "preact/hooks";
import { useAccount } from "../../state/context.ts";

const NOBODY: readonly Names[] = [];

/** The names that the `@` of a message may stand before: those of the users whom it mentions. */
export function useMentioned({ mentions }: Pick<Message, "mentions">, text: string): readonly Names[] {
  const { chat, people } = useAccount();
  const known = () =>
    mentions === "all" ? [] : mentions.flatMap((id) => chat.state.user(id) ?? people.user(id) ?? []);
  // Of each user one line, so that a change of a name is another text.
  const names = useSyncExternalStore(people.subscribe, () =>
    known()
      .map(({ id, username, nickname }) => `${id}\n${username}\n${nickname}`)
      .join("\0"),
  );
  return useMemo(
    () => (mentions.length === 0 ? NOBODY : namesIn(text, mentions, known())),
    [mentions, names, text],
  );
}
