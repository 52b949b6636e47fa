import { expect, test } from "vitest";
import { messageOf, type News } from "../../src/news/index.ts";
import { startChat, until } from "../support/chats.ts";
import { Server } from "../support/server.ts";

const server = Server.shared();

test("news of a message that is not the newest, and of a reply, lead to it until it is revoked or has called", async () => {
  const [ann, bob, id] = await server.group("Ours", "ann", "bob");
  const { seq: root } = await bob.send(id, "Who drives?");
  const said = await ann.send(id, "I do");
  // A system message behind it, which calls nobody.
  await ann.call("PATCH", `/v1/conversations/${id}`, { introduction: "Each Sunday" });
  const thread = { root, also_in_main: false };
  const reply = { kind: "text", body: { text: "Or Cem" }, thread };
  const { seq: answer } = Object(await ann.call("POST", `/v1/conversations/${id}/messages`, reply));
  const chat = await startChat(server.origin, bob);
  await until(chat, (state) => state.conversation(id));
  const found = async (news: Partial<News>) => {
    const told = { conversationId: id, seq: undefined, after: root, called: new Set<number>() };
    return (await messageOf(chat, { ...told, reason: "message", ...news }))?.seq;
  };
  expect(await found({})).toBe(said.seq);
  expect(await found({ reason: "reply" })).toBe(answer);
  expect(await found({ reason: "reply", called: new Set([answer]) })).toBeUndefined();
  expect(await found({ reason: "mention", seq: said.seq })).toBe(said.seq);
  await ann.revoke(id, said.seq);
  expect(await found({})).toBeUndefined();
  expect(await found({ reason: "mention", seq: said.seq })).toBeUndefined();
});
