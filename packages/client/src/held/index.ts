import { allPages } from "../api/pages.ts";
import { Problem } from "../api/problem.ts";
import type { Chat } from "../chat.ts";
import type { OutboxItem } from "../outbox/item.ts";

/**
 * What became of a message that was taken back. `withdrawn`: nobody sees it · `accepted`, `refused`: a
 * moderator was quicker; an accepted one comes as a message · `gone`: it did not wait any more, as it was
 * accepted, or taken back elsewhere
 */
export type Withdrawal = "withdrawn" | "accepted" | "refused" | "gone";

/**
 * Takes back a message that waits for a moderator (an item of the outbox with the code `held`), and forgets
 * it. Without an answer the item stays, and the message goes on waiting.
 * @throws {Problem}
 */
export async function withdraw(chat: Pick<Chat, "api" | "discard">, item: OutboxItem): Promise<Withdrawal> {
  const { api } = chat;
  const isIt = (one: Pick<OutboxItem, "client_msg_id" | "conversation_id">) =>
    one.client_msg_id === item.client_msg_id && one.conversation_id === item.conversation_id;
  const find = async () =>
    (await allPages((query) => api.call("get", "/v1/held", { query }), isIt)).find(isIt);
  const held = await find();
  let outcome: Withdrawal = held ? "refused" : "gone";
  if (held?.state === "waiting")
    try {
      await api.call("delete", "/v1/held/{id}", { path: { id: held.id } }, { retry: true });
      outcome = "withdrawn";
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "conflict") throw error;
      outcome = (await find()) ? "refused" : "accepted";
    }
  chat.discard(item.client_msg_id);
  return outcome;
}
