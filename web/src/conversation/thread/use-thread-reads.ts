import type { Chat, Message } from "parley-client";
import { useChat } from "parley-client/react";
import { isAttended, onAttention } from "parley-react/timeline";
import { useEffect, useRef } from "preact/hooks";
import { useAccount } from "../../state/context.ts";

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
      const input = { path: { id, root }, body: { seq: last } };
      // Frames tell what becomes of the counts. The next look tells what could not be told.
      chat.api
        .call("put", "/v1/conversations/{id}/threads/{root}/read", input)
        .then(async ({ following }) => {
          if (!following && isMainRead) await readMentions(chat, id, latest.current);
        })
        .catch(() => {
          isTold = false;
        });
    };
    read();
    return onAttention(read);
  }, [chat, id, root, last, isMainRead]);
}

/**
 * Reads the mentions in a thread that the user does not follow. It has no position of its own, so that of the
 * conversation passes them, unless it would pass other mentions too.
 */
async function readMentions(chat: Chat, id: number, replies: readonly Message[]): Promise<void> {
  const isHere = (seq: number) => replies.some((reply) => reply.seq === seq);
  const mentions = chat.state.conversation(id)?.mentions ?? [];
  const seq = mentions.findLast(isHere);
  if (seq === undefined || !mentions.every((one) => one > seq || isHere(one))) return;
  await chat.api.call("put", "/v1/conversations/{id}/read", { path: { id }, body: { seq } });
}
