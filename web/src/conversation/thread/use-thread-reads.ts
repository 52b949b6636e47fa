import { useEffect } from "preact/hooks";
import { isAttended, onAttention } from "../../lib/attention.ts";
import { useAccount } from "../../state/context.ts";

/**
 * Tells the server how far the user has read in a thread, while they look at the page.
 * @param last the `seq` of the newest reply that is shown; 0: none
 */
export function useThreadReads(id: number, root: number, last: number): void {
  const { chat } = useAccount();
  useEffect(() => {
    if (last === 0) return;
    let isTold = false;
    const read = () => {
      if (isTold || !isAttended()) return;
      isTold = true;
      const input = { path: { id, root }, body: { seq: last } };
      chat.api.call("put", "/v1/conversations/{id}/threads/{root}/read", input).then(
        // No frame tells of it: the list has the count of the conversation.
        () => chat.state.conversation(id)?.threads_unread && chat.refresh(),
        // The next look tells it.
        () => {
          isTold = false;
        },
      );
    };
    read();
    return onAttention(read);
  }, [chat, id, root, last]);
}
