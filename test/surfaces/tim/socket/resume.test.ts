import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { signedInUsers } from "../../../support/accounts/users.ts";
import type { SignedIn } from "../../../support/clients/api.ts";
import { itemAt, range } from "../../../support/objects/room.ts";
import { data, nameOf, success, tim } from "../client.ts";
import { connect, givenID, itemsOf, listed, Message, messagesOf, messagesOnce, say } from "./socket.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeEach(async () => {
  const all = await signedInUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
});

test("a client that comes back is sent what it missed, once and in order", async () => {
  const first = await connect(bob);
  await say(ann, nameOf(bob), "1");
  await messagesOnce(first, 1);
  const { conversation } = itemAt(itemsOf(first), 0);
  first.send({ type: "sync", items: [{ conversation, sequence: 1 }] });
  const { revision } = await first.next("synced");
  first.close();
  for (const number of range(2, 130)) await say(ann, nameOf(bob), String(number));
  success(await tim(ann, "/message/revokeMessage", { ID: `${conversation}-1` }));
  const second = await connect(bob);
  for (let [sequence, at, hasMore] = [1, revision, true]; hasMore; ) {
    second.send({ type: "sync", items: [{ conversation, sequence, revision: at }] });
    const synced = z
      .looseObject({ sequence: z.int(), revision: z.int(), hasMore: z.boolean() })
      .parse(await second.next("synced"));
    [sequence, at, hasMore] = [synced.sequence, synced.revision, synced.hasMore];
  }
  await say(ann, nameOf(bob), "131");
  await second.until(() => messagesOf(second).at(-1)?.payload.text === "131");
  expect(messagesOf(second).map(({ sequence }) => sequence)).toEqual(range(2, 131));
  expect(itemsOf(second, "changed").map(({ message }) => [message.sequence, message.isRevoked])).toEqual([
    [1, true],
  ]);
});

test("a message keeps the id of its client in the answer, on sockets and in lists, and is sent once", async () => {
  const [anns, bobs] = [await connect(ann), await connect(bob)];
  const body = { ID: givenID(ann), to: nameOf(bob), conversationType: "C2C", payload: { text: "one" } };
  const answers = await Promise.all([1, 2, 3].map(() => tim(ann, "/message/sendMessage", body)));
  const again = await tim(ann, "/message/resendMessage", { message: body });
  const sent = [...answers, again].map(
    (answer) => z.object({ message: Message }).parse(success(answer).data).message,
  );
  expect(new Set(sent.map(({ ID }) => ID)).size).toBe(1);
  const shown = { ID: sent[0]?.ID, clientID: body.ID };
  expect(sent[0]).toMatchObject(shown);
  expect(await messagesOnce(anns, 1)).toMatchObject([shown]);
  expect(await messagesOnce(bobs, 1)).toMatchObject([shown]);
  expect(await listed(ann, `C2C${nameOf(bob)}`)).toMatchObject([shown]);
  expect(await listed(bob, `C2C${nameOf(ann)}`)).toMatchObject([shown]);
});

test("an id that names another user is refused, and nothing is sent", async () => {
  const body = { to: nameOf(bob), conversationType: "C2C", payload: { text: "one" } };
  const answer = await tim(ann, "/message/sendMessage", { ...body, ID: givenID(bob) });
  expect(answer.body).toMatchObject({ code: 70_402, msg: expect.stringContaining("ID: must be") });
  const unsent = await tim(ann, "/message/sendMessage", { ...body, ID: givenID(ann), to: "nobody-at-all" });
  expect(unsent.body).toMatchObject({ code: 20_003, data: { message: { status: "fail" } } });
  expect(await listed(bob, `C2C${nameOf(ann)}`)).toEqual([]);
});

test("a file is sent in one call, in a form", async () => {
  const form = new FormData();
  const ID = givenID(ann);
  const fields = { ID, to: nameOf(bob), conversationType: "C2C", type: "TIMFileElem" };
  for (const [key, value] of Object.entries(fields)) form.append(key, value);
  form.append("file", new File(["some bytes"], "notes.txt", { type: "text/plain" }));
  const request = new Request("https://parley.test/message/sendMessage", {
    method: "POST",
    headers: { token: ann.token },
    body: form,
  });
  const { exports } = await import("cloudflare:workers");
  const answer: unknown = await (await exports.default.fetch(request)).json();
  expect(answer).toMatchObject({
    code: 0,
    data: { message: { clientID: ID, payload: { fileName: "notes.txt", fileSize: 10 } } },
  });
  await data(z.unknown(), ann, "/message/setMessageRead", { conversationID: `C2C${nameOf(bob)}` });
});
