import type { Member } from "parley-client/people";
import { useSyncExternalStore } from "preact/compat";
import { useAccount } from "./context.ts";

/** The members of a group, who are asked for if they are not known yet. */
export function useMembers(conversationId: number): readonly Member[] | undefined {
  const { people } = useAccount();
  return useSyncExternalStore(people.subscribe, () => people.members(conversationId));
}
