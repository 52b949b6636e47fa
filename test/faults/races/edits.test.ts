import { beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { getMessage, page, send } from "../../support/clients/chat.ts";
import { conflictOf, edits, patch } from "../../support/clients/edits.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { createGroupId, itemAt, range } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

beforeEach(async () => {
  const users = await registerUsers(2);
  [ann, bob] = [itemAt(users, 0), itemAt(users, 1)];
  id = await createGroupId(ann, bob);
  await send(ann, id, "one");
});

test("of fifty edits of one version exactly one is stored, and the others get it", async () => {
  const socket = await openRoom(id, bob.token);
  const answers = await Promise.all(range(1, 50).map((i) => patch(ann, id, 1, { body: `edit ${i}` })));
  const won = answers.filter(({ status }) => status === 200);
  expect(won).toHaveLength(1);
  const present = await getMessage(bob, id, 1);
  expect(won[0]?.body).toEqual(present);
  for (const lost of answers.filter((answer) => answer !== won[0])) expect(conflictOf(lost)).toEqual(present);
  expect(present).toMatchObject({ version: 2, rev: 1 });
  expect(await edits(bob, id, 1)).toHaveLength(1);
  await send(ann, id, "two");
  await socket.until(() => socket.seqs.includes(2));
  expect(socket.of("changed")).toMatchObject([{ rev: 1, items: [{ seq: 1, version: 2 }] }]);
});

test("an edit and sends that quote the message at once: all quotes show the new text", async () => {
  const quoting = { kind: "text", body: { text: "to that" }, quote_seq: 1 };
  const [edited] = await Promise.all([
    patch(ann, id, 1, { body: "uno" }),
    ...range(1, 20).map(() => send(bob, id, quoting)),
  ]);
  expect(edited?.status).toBe(200);
  const [, ...quotes] = (await page(ann, id)).items;
  expect(quotes.map(({ quote }) => quote?.preview)).toEqual(quotes.map(() => "uno"));
});
