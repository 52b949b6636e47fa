import type { ConversationEntry } from "parley-client";
import type { FoundUser, Member } from "parley-client/people";
import { useSyncExternalStore } from "preact/compat";
import { usePaused } from "../search/use-paused.ts";
import { useAccount } from "./context.ts";
import { useLoaded } from "./use-loaded.ts";

/** A user, who is asked for if nothing is known of them yet. */
export function useUser(id: number): FoundUser | undefined {
  const { people } = useAccount();
  return useSyncExternalStore(people.subscribe, () => people.user(id));
}

/**
 * The members of a group, who are asked for if they are not known yet.
 * @param conversationId undefined: nobody is asked for
 */
export function useMembers(conversationId: number | undefined): readonly Member[] | undefined {
  const { people } = useAccount();
  return useSyncExternalStore(people.subscribe, () =>
    conversationId === undefined ? undefined : people.members(conversationId),
  );
}

type Group = Extract<ConversationEntry, { kind: "group" }>;

/** A name that is being written, and a search for it once nothing was typed for this time, in ms. */
const BEGUN = /@(?:|[^\s@][^\n@]{0,63})$/u;
const PAUSE = 250;

/**
 * The members of a group whom a text may name: all, or those of a crowd, and the readers of a channel, whose
 * names have what stands behind the last `@`. And whether the user may name everybody.
 * @param leads the user is the owner or an admin
 */
export function useNameable(id: number, group: Group | undefined, text: string, leads: boolean) {
  const { chat } = useAccount();
  const isPart = !!group && (group.crowd || "space_id" in group);
  const all = useMembers(group && !isPart && text.includes("@") ? id : undefined);
  const q = usePaused((isPart && BEGUN.exec(text)?.[0].trim()) || "", PAUSE);
  const found = useLoaded(q, async () =>
    isPart && q ? (await import("../spaces/nameable.ts")).findNameable(chat, group, q) : undefined,
  );
  // A list that an older release has kept has no policies.
  const mayNameAll = leads || group?.policies?.mention_all !== "admins";
  return { members: all, isPart, mayNameAll, ...found.value };
}
