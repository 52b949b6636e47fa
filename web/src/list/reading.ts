import type { Chat, ConversationEntry } from "parley-client";

/** Reads all of a conversation: its main stream, and the threads that the user follows. @throws `Problem` */
export async function readAll(
  chat: Chat,
  { id, last_seq: seq, threads_unread }: ConversationEntry,
): Promise<void> {
  const { api } = chat;
  await api.call("put", "/v1/conversations/{id}/read", { path: { id }, body: { seq } });
  if (threads_unread === 0) return;
  // The newest reply first: unread ones are on the first page, or long forgotten.
  const { items } = await api.call("get", "/v1/conversations/{id}/threads", { path: { id } });
  for (const { root, unread_count: unread } of items) {
    const input = { path: { id, root: root.seq }, body: { seq } };
    if (unread > 0) await api.call("put", "/v1/conversations/{id}/threads/{root}/read", input);
  }
}
