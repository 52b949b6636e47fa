import type { Message } from "parley-client";
import { useChat } from "parley-client/react";
import { isAttended, onAttention } from "parley-react/timeline";
import { useEffect, useRef } from "preact/hooks";
import { useAccount } from "../../state/context.ts";
import { readThread } from "./read-thread.ts";

/**
 * Tells the server how far the user has read in a thread, while they look at the page.
 * @param replies those that are shown
 */
export function useThreadReads(id: number, root: number, replies: readonly Message[]): void {
  const { chat } = useAccount();
  const isMainRead = useChat(chat, (state) => state.conversation(id)?.unread_count === 0);
  const last = replies.at(-1)?.seq ?? 0;
  const latest = useRef(replies);
  latest.current = replies;
  useEffect(() => {
    if (last === 0) return;
    let isTold = false;
    const read = () => {
      if (isTold || !isAttended()) return;
      isTold = true;
      // The next look tells what could not be told.
      readThread(chat, id, root, latest.current).catch(() => {
        isTold = false;
      });
    };
    read();
    return onAttention(read);
  }, [chat, id, root, last, isMainRead]);
}
