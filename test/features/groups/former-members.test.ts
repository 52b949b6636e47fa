import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { TIMING } from "../../../src/domain/timing.ts";
import { signedInUsers } from "../../support/accounts/users.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { ask, page, storedInInbox } from "../../support/clients/chat.ts";
import { openRoom } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import { eventually } from "../../support/eventually.ts";
import { assertConsistent, runJobs } from "../../support/objects/assert-consistent.ts";
import { Costs } from "../../support/objects/costs.ts";
import {
  conversationObject,
  createGroupId,
  expectDeleted,
  itemAt,
  postText,
} from "../../support/objects/room.ts";

let ann: SignedIn;
let bob: SignedIn;
let id: ConversationId;

beforeAll(async () => {
  [ann, bob] = await signedInUsers(2);
});

beforeEach(async () => {
  id = await createGroupId(ann, bob);
});

/** Bob leaves, and every inbox and D1 know it. */
async function leave(): Promise<void> {
  expect((await ask(bob, id, "POST", "/leave")).status).toBe(204);
  await runJobs(id);
}

/** Evicts the conversation as hibernation does, with or without the retry marker of the fan-out. */
async function evict(object: DurableObjectStub, { marker }: { marker: boolean }): Promise<void> {
  await runInDurableObject(object, (_, { storage }) => {
    if (marker) storage.sql.exec("INSERT OR IGNORE INTO jobs (kind, key, due) VALUES ('fanout', '', 1)");
  });
  await evictDurableObject(object);
}

test("is called no more once their inbox and D1 know of the leaving, even after an eviction", async () => {
  await postText(id, ann, "seen");
  await postText(id, ann, "newer, and in the list");
  await leave();
  // The stubs that count calls cannot be evicted.
  const object = conversationObject(id);
  using costs = new Costs();
  for (const marker of [false, true]) {
    await evict(object, { marker });
    await postText(id, ann, "unseen");
    await expectDeleted(id, ann, 1, "everyone");
    await runJobs(id);
  }
  expect(costs.callsTo([bob.user.id])).toBe(0);
  expect(costs.callsTo([ann.user.id])).toBeGreaterThan(0);
  await assertConsistent(id);
});

test.each([0, 1, 2])(
  "loses the text of a revoked message that their list still has, with %i later messages hidden",
  async (hidden) => {
    const seq = await postText(id, ann, "to be revoked");
    for (let i = 0; i < hidden; i++) await expectDeleted(id, bob, await postText(id, ann, "hidden"), "me");
    await leave();
    expect(await storedInInbox(bob)).toContain("to be revoked");
    await evict(conversationObject(id), { marker: false });
    await expectDeleted(id, ann, seq, "everyone");
    await eventually(async () => expect(await storedInInbox(bob)).not.toContain("to be revoked"));
    await runJobs(id);
    await assertConsistent(id);
  },
);

test("comes back and leaves again, each time after an eviction", async () => {
  for (const round of ["first", "second", "third"]) {
    await postText(id, bob, round);
    await leave();
    await evict(conversationObject(id), { marker: false });
    await postText(id, ann, `after the ${round}`);
    expect((await ask(ann, id, "POST", "/members", { user_ids: [bob.user.id] })).status).toBe(200);
    await evict(conversationObject(id), { marker: false });
    await postText(id, ann, `with the ${round} return`);
    await runJobs(id);
    await assertConsistent(id);
  }
});

test("has their current name on the first page and the first room socket after a quiet year", async () => {
  await postText(id, bob, "said");
  await leave();
  for (const nickname of ["Robert", "Rob"]) {
    await evict(conversationObject(id), { marker: false });
    expect((await call("PATCH", "/v1/me", { token: bob.token, body: { nickname } })).status).toBe(200);
    advanceClock(TIMING.profileCache.freshMs + 1);
    if (nickname === "Rob") {
      const socket = await openRoom(id, ann.token, "?after=0&rev=0");
      await socket.until(() => socket.of("synced").length > 0);
      expect(JSON.stringify(socket.frames)).toContain(`"nickname":"${nickname}"`);
    } else {
      expect(itemAt((await page(ann, id)).items, 0).sender).toMatchObject({ nickname });
    }
  }
});
