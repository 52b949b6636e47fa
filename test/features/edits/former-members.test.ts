import { beforeAll, beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { list, storedInInbox } from "../../support/clients/chat.ts";
import { edit } from "../../support/clients/edits.ts";
import { eventually } from "../../support/eventually.ts";
import { assertConsistent, runJobs } from "../../support/objects/assert-consistent.ts";
import { createGroupId, itemAt, postText } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;
let seq: number;

beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

/** Bob has left a group. Its only message is the last one that they see. */
beforeEach(async () => {
  const all = await signedInUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
  id = await createGroupId(ann, bob);
  seq = await postText(id, ann, "first");
  expect((await call("POST", `/v1/conversations/${id}/leave`, { token: bob.token })).status).toBe(204);
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
    const invitation = { token: ann.token, body: { user_ids: [bob.user.id] } };
    expect((await call("POST", `/v1/conversations/${id}/members`, invitation)).status).toBe(200);
    await runJobs(id);
    expect((await list(bob)).items.map((item) => item.id)).toContain(id);
    await assertConsistent(id);
  },
);

test("an edit of the last message that a former member saw reaches their list at once", async () => {
  await postText(id, ann, "beyond");
  await runJobs(id);
  await editTimes(1);
  await eventually(async () => expect(await storedInInbox(bob)).toContain("edit 1"));
});
