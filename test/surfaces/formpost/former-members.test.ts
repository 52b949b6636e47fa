import { beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { deleteMessage } from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { refuseProjection } from "../../support/faults/refuse-projection.ts";
import { createGroupId, itemAt, postText } from "../../support/objects/room.ts";
import { bodies, inLists, query, v1 } from "./client.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

beforeEach(async () => {
  const all = await signedInUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
  id = await createGroupId(ann, bob);
});

const leave = () => v1(bob, "POST", `/conversations/${id}/leave`);
const ban = () => v1(ann, "PUT", `/conversations/${id}/bans/${bob.user.id}`, {});

/** What Bob finds: everything, what Ann has written, and by content. */
async function found(content: string): Promise<string[][]> {
  return [
    await bodies(bob, id),
    await bodies(bob, id, { sender: ann.user.id }),
    await bodies(bob, id, { content }),
    await bodies(bob, id, { content, limit: 1 }),
  ];
}

test.each([
  ["left", leave],
  ["was banned", ban],
])("who %s reads and finds what an edited message said at that time", async (_, end) => {
  const seq = await postText(id, ann, "first words");
  await edit(ann, id, seq, { body: "second words", mentions: [bob.user.id] });
  await end();
  await edit(ann, id, seq, { body: "secret third", mentions: "all", base_version: 2 });
  await edit(ann, id, seq, { body: "secret fourth", mentions: [], base_version: 3 });
  expect(await found("second")).toEqual(Array(4).fill(["second words"]));
  for (const content of ["secret", "first", "third", "fourth"])
    expect(await bodies(bob, id, { content })).toEqual([]);
  expect((await query(bob, id))[0]).toMatchObject({ mentioned_members: [bob.user.id] });
});

test("who left finds by content what only the version of that time says, however much came before", async () => {
  await postText(id, ann, "needle in the past");
  for (const word of ["one", "two", "three"]) await postText(id, ann, word);
  await leave();
  await edit(ann, id, 1, { body: "nothing" });
  await edit(ann, id, 3, { body: "a needle of today" });
  expect(await bodies(bob, id, { content: "needle" })).toEqual(["needle in the past"]);
  expect(await bodies(bob, id, { content: "needle", limit: 1 })).toEqual(["needle in the past"]);
  expect(await bodies(bob, id, { limit: 2 })).toEqual(["two", "three"]);
});

test("who left reads nothing of a message whose version of that time is not kept, and of a revoked one", async () => {
  const seq = await postText(id, ann, "first words");
  const revoked = await postText(id, ann, "to be revoked");
  await postText(id, ann, "unchanged");
  await leave();
  for (let version = 1; version <= 21; version++)
    await edit(ann, id, seq, { body: `secret ${version}`, base_version: version });
  expect((await deleteMessage(ann, id, revoked, "everyone")).status).toBe(204);
  expect(await found("unchanged")).toEqual(Array(4).fill(["unchanged"]));
  for (const content of ["secret", "first"]) expect(await bodies(bob, id, { content })).toEqual([]);
});

test("who left has a disabled conversation, also while D1 does not know that they have left", async () => {
  expect(await inLists(bob, id)).toMatchObject({ disabled: false });
  await using _ = await refuseProjection();
  await leave();
  await expect.poll(() => inLists(bob, id)).toMatchObject({ disabled: true });
});
