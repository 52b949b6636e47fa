import type { Chat, ServerFrame } from "parley-client";

/** Up to where a member has read, and when, in ms since 1970; 0: never. */
export interface Receipt {
  readonly seq: number;
  readonly at: number;
}

/** The same of each member, by their ids. */
export type Receipts = ReadonlyMap<number, Receipt>;

/**
 * Follows how far each member of a conversation has read.
 * @param show gets how far by the ids of the members, without bots, whenever it has changed
 * @param ended aborts when nobody looks at it any more
 */
export function followReceipts(
  chat: Chat,
  id: number,
  show: (receipts: Receipts) => void,
  ended: AbortSignal,
): void {
  let receipts: Receipts = new Map();
  if (ended.aborted) return;
  const change = (next: Receipts) => {
    receipts = next;
    if (!ended.aborted) show(next);
  };
  const load = async () => {
    const { items } = await chat.api.call("get", "/v1/conversations/{id}/receipts", { path: { id } });
    const loaded = items.flatMap(({ user_id: user, read_seq: seq, read_at: at, bot }) =>
      bot ? [] : [[user, { seq, at }] as const],
    );
    // A frame may have come before the answer.
    change(new Map(loaded.map(([user, one]) => [user, later(receipts.get(user), one)])));
  };
  // Without an answer the marks stay as they are, and the next connection asks again.
  const reload = () => void load().catch(() => {});
  const end = chat.onFrame((frame) => {
    if (!concerns(frame, id)) return;
    if (frame.type === "ready" || frame.type === "member") reload();
    const reads = readsOf(frame);
    if (reads.length === 0) return;
    const next = new Map(receipts);
    // Who is not a member is not counted.
    for (const { user, ...read } of reads) if (next.has(user)) next.set(user, later(next.get(user), read));
    change(next);
  });
  ended.addEventListener("abort", end);
  reload();
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
