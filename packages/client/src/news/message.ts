import type { Chat } from "../chat.ts";
import { counts } from "../list/unread.ts";
import type { LastMessage, Message } from "../types.ts";
import type { News } from "./news.ts";

/**
 * The message that news tell of, asked for if the list does not have it.
 * @returns undefined: it is read or gone by now, or has called before, as a mention
 * @throws Problem if the server does not answer
 */
export async function messageOf(
  { api, state }: Chat,
  { conversationId: id, reason, seq, after, called }: News,
): Promise<LastMessage | Message | undefined> {
  const last = state.conversation(id)?.last_message;
  const newest = (items: readonly Message[]) => items.findLast((message) => counts(message, state.me));
  if (seq !== undefined) {
    const found =
      last?.seq === seq
        ? last
        : await api.call("get", "/v1/conversations/{id}/messages/{seq}", { path: { id, seq } });
    return counts(found, state.me) ? found : undefined;
  }
  if (reason === "message") {
    const query = { after, limit: 100 };
    const page = await api.call("get", "/v1/conversations/{id}/messages", { path: { id }, query });
    return newest(page.items);
  }
  // The newest reply first.
  const threads = await api.call("get", "/v1/conversations/{id}/threads", { path: { id } });
  const thread = threads.items.find(({ unread_count: n }) => n > 0);
  if (!thread) return undefined;
  const path = { id, root: thread.root.seq };
  const query = { limit: 20 };
  const page = await api.call("get", "/v1/conversations/{id}/threads/{root}/messages", { path, query });
  const reply = newest(page.items);
  return reply && !called.has(reply.seq) ? reply : undefined;
}
