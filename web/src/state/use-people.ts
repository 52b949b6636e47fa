import type { FoundUser, Member } from "parley-client/people";
import { useSyncExternalStore } from "preact/compat";
import { useAccount } from "./context.ts";

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
