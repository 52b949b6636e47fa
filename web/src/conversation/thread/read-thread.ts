import type { Chat, Message } from "parley-client";

/**
 * Tells the server that the user has read a thread. Frames tell what becomes of the counts.
 * @param replies those that are shown
 */
export async function readThread(
  chat: Chat,
  id: number,
  root: number,
  replies: readonly Message[],
): Promise<void> {
  const seq = replies.at(-1)?.seq;
  if (seq === undefined) return;
  const input = { path: { id, root }, body: { seq } };
  const { following } = await chat.api.call("put", "/v1/conversations/{id}/threads/{root}/read", input);
  if (!following && chat.state.conversation(id)?.unread_count === 0) await readMentions(chat, id, replies);
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
