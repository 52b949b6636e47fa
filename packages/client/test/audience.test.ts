import { expect, onTestFinished, test } from "vitest";
import { AudienceRoom } from "../src/audience/index.ts";
import { Chat } from "../src/index.ts";
import { Network } from "./support/network.ts";
import { Server } from "./support/server.ts";

const server = Server.small();
const BURST = 20;

test("who looks at an audience room is in no list, misses nothing, is told what is left out, and may look no more once banned", async () => {
  const [ann, ben, vic] = await server.three("ann", "ben", "vic");
  const fields = { kind: "group", name: "Stage", audience: true, join_policy: "free" };
  const made = await ann.call("POST", "/v1/conversations", { ...fields, member_ids: [ben.user.id] });
  const id = Number(Object(made).id);
  const { seq: first } = await ann.send(id, "Doors open");
  await using network = await Network.to(server.origin);
  const chat = new Chat({ url: network.origin, token: vic.token });
  const conversation = await chat.api.call("get", "/v1/conversations/{id}", { path: { id } });
  if (conversation.kind !== "group") throw new Error("no group");
  expect(conversation.role).toBe("viewer");
  let look = () => {};
  const room = new AudienceRoom(chat, conversation, () => look());
  onTestFinished(() => room.window.close());
  const { window } = room;
  const until = (holds: () => boolean) =>
    new Promise<void>((resolve) => {
      look = () => void (holds() && resolve());
      look();
    });
  const seqs = () => window.view.messages.map(({ seq }) => seq);
  const textAt = (at: number) => Object(window.view.messages.find(({ seq }) => seq === at)?.body).text;
  await until(() => !window.view.isLoading && room.viewers === 1);
  expect(seqs()).toContain(first);

  await network.down();
  await until(() => window.view.isLoading);
  await ann.call("PATCH", `/v1/conversations/${id}/messages/${first}`, {
    ...{ body: { text: "The gates are open" }, base_version: 1 },
  });
  const { seq: missed } = await ann.send(id, "The band is here");
  await network.up();
  await until(() => seqs().at(-1) === missed && textAt(first) === "The gates are open");

  let last = missed;
  while (window.view.gaps.length === 0) {
    const sent = Array.from({ length: BURST }, (_, n) => ben.send(id, `Bravo ${n}`));
    for (const { seq } of await Promise.all(sent)) last = Math.max(last, seq);
    await until(() => seqs().at(-1) === last || window.view.gaps.at(-1)?.to === last);
  }
  const all = Array.from({ length: last }, (_, n) => n + 1);
  expect(seqs()).not.toEqual(all);
  while (window.view.gaps.length > 0) await window.rest();
  expect(seqs()).toEqual(all);

  await ann.call("PUT", `/v1/conversations/${id}/bans/${vic.user.id}`, {});
  await until(() => room.isOver);
});
