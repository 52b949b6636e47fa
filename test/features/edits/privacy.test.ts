import { runInDurableObject } from "cloudflare:test";
import { beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { deleteAccount, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  deleteMessage,
  expectAsked,
  getMessage,
  page,
  send,
  storedInConversation,
  storedInInbox,
} from "../../support/clients/chat.ts";
import { edit, edits, patch } from "../../support/clients/edits.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { eventually } from "../../support/eventually.ts";
import { runJobs } from "../../support/objects/assert-consistent.ts";
import { conversationObject, createGroupId, range } from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let cem: SignedIn;
let id: ConversationId;

beforeEach(async () => {
  [ann, bob, cem] = await registerUsers(3);
  id = await createGroupId(bob, ann);
});

/** The table of former versions as JSON. */
function historyRows(): Promise<string> {
  return runInDurableObject(conversationObject(id), (_, { storage }) =>
    JSON.stringify(storage.sql.exec("SELECT * FROM message_edits").toArray()),
  );
}

test("who came later learns neither the message nor what it said", async () => {
  await send(ann, id, "secret");
  await expectAsked(bob, id, "POST", "/members", { user_ids: [cem.user.id] });
  const socket = await openRoom(id, cem.token);
  await edit(ann, id, 1, { body: "edited secret" });
  await send(ann, id, "later");
  await socket.until(() => socket.seqs.includes(3));
  expect(socket.of("changed")).toEqual([]);
  expectProblem(await ask(cem, id, "GET", "/messages/1/edits"), 404, "not_found");
  expect((await ask(cem, id, "GET", "/changes")).body).toMatchObject({ items: [] });
});

test("no former version is left of a revoked message", async () => {
  await send(ann, id, "the first words");
  await edit(ann, id, 1, { body: "the second words" });
  await edit(ann, id, 1, { body: "the third words", base_version: 2 });
  expect((await deleteMessage(bob, id, 1, "everyone")).status).toBe(204);
  expect(await historyRows()).toBe("[]");
  for (const words of ["first", "second", "third"])
    expect(await storedInConversation(id)).not.toContain(`the ${words} words`);
});

test("the deletion of an account takes what its messages said before, however much", async () => {
  const old = Object.fromEntries(range(1, 450).map((version) => [version, `{"text":"old ${version}"}`]));
  await send(ann, id, "old words");
  await edit(ann, id, 1, { body: "present words" });
  await send(bob, id, "other old words");
  await edit(bob, id, 2, { body: "other present words" });
  await runInDurableObject(conversationObject(id), (_, { storage }) => {
    const insert = `INSERT INTO message_edits SELECT ?, 1, key + 10, value, NULL, 1 FROM json_each(?)`;
    storage.sql.exec(insert, ann.user.id, JSON.stringify(old));
  });
  expect((await deleteAccount(ann)).status).toBe(204);
  await runAccountDeletion(ann);
  await eventually(async () => expect((await page(bob, id)).items[0]?.sender.username).toContain("deleted-"));
  expect(await edits(bob, id, 1)).toEqual([]);
  for (const _ of range(1, 3)) await runJobs(id);
  expect(await historyRows()).not.toContain('old words"},"mentions');
  expect(JSON.parse(await historyRows())).toMatchObject([
    { sender_id: bob.user.id, body: '{"text":"other old words"}' },
  ]);
  expect(await edits(bob, id, 2)).toHaveLength(1);
  expect((await getMessage(bob, id, 1)).body).toEqual({ text: "present words" });
});

test("who left keeps the last message that they could see as it was, and sees no edit", async () => {
  await send(bob, id, "one");
  await expectAsked(ann, id, "POST", "/leave");
  const preview = () => storedInInbox(ann);
  await edit(bob, id, 1, { body: "uno" });
  const { seq } = await send(bob, id, "unseen");
  await edit(bob, id, seq, { body: "unseen edit" });
  expectProblem(await patch(ann, id, 1, { body: "x" }), 404, "not_found");
  expectProblem(await ask(ann, id, "GET", "/messages/1/edits"), 404, "not_found");
  await runJobs(id);
  expect(await preview()).toContain("one");
  for (const words of ["uno", "unseen"]) expect(await preview()).not.toContain(words);
});
