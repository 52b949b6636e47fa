import { beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { ConversationId as Id } from "../../../src/domain/ids.ts";
import { call, expectProblem, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { ask, expectAsked, getMessage, openDirect, page, send } from "../../support/clients/chat.ts";
import { edit, edits, patch } from "../../support/clients/edits.ts";
import { advanceClock } from "../../support/clock.ts";
import { createGroupId } from "../../support/objects/room.ts";
import { evict } from "../../support/objects/sleep.ts";
import { setEditWindow } from "../../support/settings.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

beforeEach(async () => {
  [ann, bob] = await registerUsers(2);
  id = await createGroupId(ann, bob);
  await send(bob, id, "one");
});

/** Asserts that Bob's edit is refused as his sends are, and changes nothing. */
async function expectNoEdit(status: number, code: string): Promise<void> {
  const answer = await patch(bob, id, 1, { body: "uno" });
  expect({ status: answer.status, body: answer.body }).toMatchObject({ status, body: { status, code } });
  const sending = await ask(bob, id, "POST", "/messages", { kind: "text", body: { text: "x" } });
  expect({ status: sending.status, body: sending.body }).toMatchObject({ status, body: { code } });
  expect((await page(ann, id)).items[0]).toMatchObject({ body: { text: "one" }, version: 1, rev: 0 });
}

test("who is muted edits nothing", async () => {
  await expectAsked(ann, id, "PATCH", `/members/${bob.user.id}`, { muted_for_s: 60 });
  await expectNoEdit(403, "muted");
});

test("who was removed edits nothing", async () => {
  await expectAsked(ann, id, "DELETE", `/members/${bob.user.id}`);
  await expectNoEdit(404, "not_found");
});

test("in a dissolved group nobody edits, nor sees former versions", async () => {
  await edit(bob, id, 1, { body: "uno" });
  await expectAsked(ann, id, "DELETE", "");
  expectProblem(await patch(bob, id, 1, { body: "eins", base_version: 2 }), 404, "not_found");
  expectProblem(await ask(bob, id, "GET", "/messages/1/edits"), 404, "not_found");
});

test("across a block nobody edits, also while the block is under way", async () => {
  const direct = Id.parse((await openDirect(ann, bob)).id);
  await send(bob, direct, "one");
  const block = () => call("PUT", `/v1/blocks/${bob.user.id}`, { token: ann.token });
  const [blocked, raced] = await Promise.all([block(), patch(bob, direct, 1, { body: "raced" })]);
  expect(blocked.status).toBe(204);
  expect([200, 403]).toContain(raced.status);
  const now = await getMessage(ann, direct, 1);
  expect(now.version).toBe(raced.status === 200 ? 2 : 1);
  expectProblem(await patch(bob, direct, 1, { body: "after", base_version: now.version }), 403, "blocked");
  expect(await getMessage(ann, direct, 1)).toEqual(now);
});

test("in a direct conversation both see what the other's message said before", async () => {
  const direct = Id.parse((await openDirect(ann, bob)).id);
  await send(bob, direct, "one");
  await edit(bob, direct, 1, { body: "uno" });
  for (const who of [ann, bob]) {
    expect(await edits(who, direct, 1)).toMatchObject([{ body: { text: "one" } }]);
  }
});

test("after EDIT_WINDOW_S an edit is too late; what changes nothing is not", async () => {
  const restore = setEditWindow(60);
  try {
    await evict(id);
    await edit(bob, id, 1, { body: "uno" });
    advanceClock(61_000);
    expectProblem(await patch(bob, id, 1, { body: "eins", base_version: 2 }), 403, "too_late");
    expect((await edit(bob, id, 1, { body: "uno" })).version).toBe(2);
  } finally {
    restore();
  }
  await evict(id);
  expect((await edit(bob, id, 1, { body: "eins", base_version: 2 })).version).toBe(3);
});
