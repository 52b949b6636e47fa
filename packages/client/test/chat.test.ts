import { expect, test } from "vitest";
import type { ConversationWindow } from "../src/index.ts";
import { startChat, text, until } from "./support/chats.ts";
import { Server } from "./support/server.ts";

const server = Server.shared();

function texts({ view }: ConversationWindow): string[] {
  return view.messages.flatMap(({ body }) => ("text" in body ? [body.text] : []));
}

test("two users talk", async () => {
  const [ann, bob] = [await server.person("ann"), await server.person("bob")];
  const { id } = await ann.openDirect(bob);
  const annsChat = await startChat(server.origin, ann);
  const bobsChat = await startChat(server.origin, bob);
  const anns = annsChat.open(id);
  anns.send(text("Lunch?"));
  expect(anns.view.pending).toMatchObject([{ state: "queued", message: { body: { text: "Lunch?" } } }]);
  await until(bobsChat, ({ conversations }) => conversations[0]?.unread_count === 1);
  const bobs = bobsChat.open(id);
  await until(bobsChat, () => texts(bobs).length === 1);
  bobs.read();
  bobs.send(text("At noon"));
  await until(annsChat, () => texts(anns).length === 2 && anns.view.pending.length === 0);
  expect(texts(anns)).toEqual(["Lunch?", "At noon"]);
  expect(annsChat.state.conversation(id)).toMatchObject({ unread_count: 1, last_message: { seq: 2 } });
});
