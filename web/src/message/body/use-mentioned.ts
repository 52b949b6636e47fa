import type { Message } from "parley-client";
import { useSyncExternalStore } from "preact/compat";
import { useMemo } from "preact/hooks";
import { useAccount } from "../../state/context.ts";
import type { Mentioned } from "../markup/tree.ts";

/** What stands for everybody behind an `@`, in the languages of the page. */
const EVERYBODY: readonly Mentioned[] = ["all", "All", "everyone", "所有人", "全体成员"].map((name) => ({
  id: 0,
  name,
}));
const NOBODY: readonly Mentioned[] = [];

/** The names that the `@` of a message may stand before: those of the users whom it mentions. */
export function useMentioned({ mentions }: Pick<Message, "mentions">): readonly Mentioned[] {
  const { chat, people } = useAccount();
  // Of each user one line, so that a change of a name is another text.
  const names = useSyncExternalStore(people.subscribe, () => {
    if (mentions === "all") return "";
    return mentions
      .map((id) => {
        const user = chat.state.user(id) ?? people.user(id);
        return user ? `${id}\n${user.username}\n${user.nickname}` : "";
      })
      .join("\0");
  });
  return useMemo(() => {
    if (mentions === "all") return EVERYBODY;
    if (names === "") return NOBODY;
    return names.split("\0").flatMap((line) => {
      const [id = "", ...rest] = line.split("\n");
      return rest.filter((name) => name !== "").map((name) => ({ id: Number(id), name }));
    });
  }, [mentions, names]);
}
