import type { Chat } from "parley-client";
import { ANSWERS } from "../lib/stored.ts";

/** Sends what the user has answered in notifications, in this browser and by this account. */
export async function sendAnswers(chat: Chat, me: number): Promise<void> {
  // To open it would make it.
  if (!("caches" in window) || !(await caches.has(ANSWERS))) return;
  const cache = await caches.open(ANSWERS);
  for (const request of await cache.keys()) {
    const { user_id: userId, conversation_id: id, text } = Object(await (await cache.match(request))?.json());
    const isOwn = userId === me && typeof id === "number" && typeof text === "string";
    if (isOwn) {
      // Its id makes it one message, though this page may end first, or another one send it, too.
      const client_msg_id = new URL(request.url).pathname.slice(1);
      chat.send(id, { kind: "text", body: { text }, client_msg_id });
      await chat.flush();
    }
    await cache.delete(request);
  }
}
