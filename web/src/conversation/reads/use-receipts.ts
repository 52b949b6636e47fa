import type { ServerFrame } from "parley-client";
import { useEffect, useState } from "preact/hooks";
import { useAccount } from "../../state/context.ts";

/** Up to where a member has read, and when, in ms since 1970; 0: never. */
export interface Receipt {
  readonly seq: number;
  readonly at: number;
}

/**
 * Up to where each member of a conversation has read, by their ids, without bots; they are
 * kept as they are now.
 * @param isNeeded false: nothing is asked for, and nobody is there
 */
export function useReceipts(id: number, isNeeded: boolean): ReadonlyMap<number, Receipt> {
  const { chat } = useAccount();
  const [receipts, setReceipts] = useState<ReadonlyMap<number, Receipt>>(new Map());
  useEffect(() => {
    if (!isNeeded) return;
    let isShown = true;
    const load = async () => {
      const { items } = await chat.api.call("get", "/v1/conversations/{id}/receipts", { path: { id } });
      if (!isShown) return;
      const loaded = items.flatMap(({ user_id: user, read_seq: seq, read_at: at, bot }) =>
        bot ? [] : [[user, { seq, at }] as const],
      );
      // A frame may have come before the answer.
      setReceipts((known) => new Map(loaded.map(([user, one]) => [user, later(known.get(user), one)])));
    };
    // Without an answer the marks stay as they are, and the next connection asks again.
    const reload = () => void load().catch(() => {});
    const end = chat.onFrame((frame) => {
      if (!concerns(frame, id)) return;
      if (frame.type === "ready" || frame.type === "member") reload();
      const reads = readsOf(frame);
      if (reads.length === 0) return;
      setReceipts((known) => {
        const next = new Map(known);
        // Who is not a member is not counted.
        for (const { user, ...read } of reads)
          if (next.has(user)) next.set(user, later(next.get(user), read));
        return next;
      });
    });
    reload();
    return () => {
      isShown = false;
      end();
    };
  }, [chat, id, isNeeded]);
  return receipts;
}

function later(one: Receipt | undefined, other: Receipt): Receipt {
  return one && one.seq > other.seq ? one : other;
}

/** Whether a frame is about a conversation, or about all of them. */
function concerns(frame: ServerFrame, id: number): boolean {
  if (frame.type === "message") return frame.message.conversation_id === id;
  if (frame.type === "messages") return frame.items[0]?.conversation_id === id;
  return !("conversation_id" in frame) || frame.conversation_id === id;
}

/** Who has read up to where, by a frame. Who sends a message has read what is before it. */
function readsOf(frame: ServerFrame): (Receipt & { user: number })[] {
  if (frame.type === "read") return [{ user: frame.user_id, seq: frame.seq, at: Date.now() }];
  const messages = frame.type === "message" ? [frame.message] : frame.type === "messages" ? frame.items : [];
  return messages
    .filter(({ thread, kind, sender }) => sender.id && kind !== "tip" && thread?.also_in_main !== false)
    .map(({ sender, seq, created_at: at }) => ({ user: sender.id, seq, at }));
}
