import type { ConversationEntry } from "parley-client";
import type { FoundUser, Member } from "parley-client/people";
import { useSyncExternalStore } from "preact/compat";
import { useEffect, useState } from "preact/hooks";
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

/** What changes how many members a group has. */
const COMINGS: readonly string[] = ["joined", "left", "removed"];

/** How many members a group has. Its entry in the list does not follow those who come and go. */
export function useMemberCount({ id, member_count: listed }: ConversationEntry): number {
  const { chat } = useAccount();
  const [now, setNow] = useState({ listed, count: listed });
  useEffect(() => {
    let asked = 0;
    return chat.onFrame(async (frame) => {
      if (frame.type !== "member" || frame.conversation_id !== id || !COMINGS.includes(frame.event)) return;
      const call = ++asked;
      const group = await chat.api.call("get", "/v1/conversations/{id}", { path: { id } }).catch(() => null);
      if (group && call === asked) setNow({ listed, count: group.member_count });
    });
  }, [chat, id, listed]);
  return now.listed === listed ? now.count : listed;
}
