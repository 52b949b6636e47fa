import type { FoundUser } from "parley-client/people";
import { usePaused } from "../search/use-paused.ts";
import { useAccount } from "../state/context.ts";
import { type Loaded, useLoaded } from "../state/use-loaded.ts";

/** A lookup begins when nothing was typed for this time, in ms. */
const PAUSE = 250;

interface Found extends Loaded<readonly FoundUser[]> {
  /** what was looked up; empty: nothing yet */
  text: string;
}

/** People of chats, groups and friends who are called so, and whoever has this username. */
export function useFoundUsers(typed: string): Found {
  const { chat } = useAccount();
  const text = usePaused(typed.trim(), PAUSE);
  const found = useLoaded(text, async () => {
    if (text === "") return [];
    const answers = await Promise.all([
      chat.api.call("get", "/v1/people", { query: { q: text } }),
      // A server may let nobody look users up. Whether the network failed, the other call says.
      chat.api.call("get", "/v1/users", { query: { username: text } }).catch(() => ({ items: [] })),
    ]);
    const all = answers.flatMap(({ items }) => items);
    return [...new Map(all.map((user) => [user.id, user])).values()];
  });
  return { text, ...found };
}
