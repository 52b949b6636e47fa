import { beforeAll, beforeEach, expect, test } from "vitest";
import { type ConversationId, Seq, UserId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import type { SignedIn } from "../../support/clients/api.ts";
import { ask, expectAsked, list, send, storedInInbox } from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { assertConsistent, runJobs } from "../../support/objects/assert-consistent.ts";
import { conversationObject, createGroupId, postText } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
let seq: number;

beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

/** Bob has left a group. Its only message is the last one that they see. */
beforeEach(async () => {
  [ann, bob] = await signedInUsers(2);
  id = await createGroupId(ann, bob);
  seq = await postText(id, ann, "first");
  expect((await ask(bob, id, "POST", "/leave")).status).toBe(204);
});

async function editTimes(edits: number): Promise<void> {
  for (let version = 1; version <= edits; version++)
    await edit(ann, id, seq, { body: `edit ${version}`, base_version: version });
}

test.each([1, 2, 5])(
  "who returns after %i edits of the last message that they saw has the group",
  async (edits) => {
    await editTimes(edits);
    await runJobs(id);
    expect((await ask(ann, id, "POST", "/members", { user_ids: [bob.user.id] })).status).toBe(200);
    await runJobs(id);
    expect((await list(bob)).items.map((item) => item.id)).toContain(id);
    await assertConsistent(id);
  },
);

test("no edit of the last message that a former member saw reaches their list, then or later", async () => {
  await postText(id, ann, "beyond");
  await runJobs(id);
  await editTimes(2);
  await runJobs(id);
  expect(await storedInInbox(bob)).toContain("first");
  expect(await storedInInbox(bob)).not.toContain("edit ");
  const update = await conversationObject(id).snapshot({ userId: bob.user.id });
  expect(update).toMatchObject({
    ok: true,
    value: { update: { preview: { body: '{"text":"first"}', revoked: false } } },
  });
  await assertConsistent(id);
});

test("the list of a former member shows nothing of a message whose version of their time is not kept", async () => {
  await editTimes(21);
  const update = await conversationObject(id).snapshot({ userId: bob.user.id });
  const preview = { body: "{}", mentions: [], revoked: true };
  expect(update).toMatchObject({ ok: true, value: { update: { preview } } });
});

test("who has left is shown no votes, reactions, pins and name cards", async () => {
  await ask(ann, id, "POST", "/members", { user_ids: [bob.user.id] });
  const root = await postText(id, ann, "root");
  const body = { question: "?", options: ["a", "b"], multiple: false, anonymous: false, ends_at: 0 };
  const poll = await send(ann, id, { kind: "poll", body });
  await expectAsked(bob, id, "PUT", `/messages/${root}/reactions/👍`);
  await expectAsked(bob, id, "POST", "/leave");
  await expectAsked(ann, id, "PUT", `/messages/${poll.seq}/votes`, { options: [0] });
  await expectAsked(ann, id, "PUT", `/messages/${root}/pin`);
  await expectAsked(ann, id, "PATCH", `/members/${ann.user.id}`, { name_card: "the boss" });
  const replay = await conversationObject(id).history({
    ...{ userId: bob.user.id, includeFormer: true, ascending: true, limit: 100 },
  });
  if (!replay.ok) throw new Error("the history is refused");
  expect(replay.value.items.map(({ seq }) => seq)).toEqual([root, poll.seq]);
  for (const field of ["poll", "reactions", "pinned", "nameCard", "mine"])
    for (const item of replay.value.items) expect(item).not.toHaveProperty(field);
});

test("who has left is shown no custom data that has changed", async () => {
  const custom = { data: "later", baseVersion: 0 };
  const edited = await conversationObject(id).editMessage({
    userId: UserId.parse(ann.user.id),
    seq: Seq.parse(seq),
    custom,
  });
  expect(edited).toMatchObject({ ok: true, value: { type: "edited", message: { customData: "later" } } });
  await runJobs(id);
  expect(await storedInInbox(bob)).not.toContain("later");
  const update = await conversationObject(id).snapshot({ userId: bob.user.id });
  expect(JSON.stringify(update)).not.toContain("later");
  await assertConsistent(id);
});
