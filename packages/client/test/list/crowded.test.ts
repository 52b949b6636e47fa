import { expect, test } from "vitest";
import { startChat, text, until } from "../support/chats.ts";
import { Server } from "../support/server.ts";

const server = Server.small();

test("a crowded group shows mentions, threads and reads of other devices without a reload", async () => {
  const [bob, ann, id] = await server.group("Ours", "bob", "ann");
  const [bobs, anns, phone] = await Promise.all([bob, ann, ann].map((one) => startChat(server.origin, one)));
  if (!bobs || !anns || !phone) throw new Error("three chats");
  await until(anns, (state) => state.conversation(id));
  const entry = () => anns.state.conversation(id);

  bobs.send(id, { ...text("you!"), mentions: [anns.state.me] });
  await until(anns, () => entry()?.unread_count === 1 && entry()?.mentions.length === 1);
  const seq = entry()?.last_message?.seq ?? 0;
  expect(entry()).toMatchObject({ mentions: [seq], threads_unread: 0 });

  await phone.api.call("put", "/v1/conversations/{id}/read", { path: { id }, body: { seq } });
  await until(anns, () => entry()?.read_seq === seq);
  expect(entry()).toMatchObject({ mentions: [], unread_count: 0 });

  phone.send(id, { ...text("in a thread"), thread: { root: seq, also_in_main: false } });
  await phone.flush();
  bobs.send(id, { ...text("an answer"), thread: { root: seq, also_in_main: false } });
  await until(anns, () => entry()?.threads_unread === 1);
});
