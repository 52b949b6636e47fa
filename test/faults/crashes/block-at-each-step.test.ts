import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { befriend, expectFriendCall, friendCall } from "../../support/accounts/friends.ts";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { openDirect } from "../../support/clients/chat.ts";
import { breakAt, type FaultPlace } from "../../support/faults/injected-fault.ts";
import { eachStep, type StepResult } from "../../support/faults/sampled-steps.ts";
import { runJobs } from "../../support/objects/assert-consistent.ts";
import { itemAt, textFrame } from "../../support/objects/room.ts";
import { sampledPairs } from "../../support/sampled-cases.ts";
import { setTiming } from "../../support/timing.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(() =>
  setTiming({ rpcRetry: { backoffMs: 1 }, fanout: { cooldownMs: 1 }, indexing: { idleMs: 1 } }),
);

beforeAll(async () => {
  const all = await registerUsers(2);
  [ann, bob] = [itemAt(all, 0), itemAt(all, 1)];
});

const PLACES: FaultPlace[] = ["conversation", "D1 after", "conversation at D1"];

async function isBlockedInD1(): Promise<boolean> {
  const query = "SELECT 1 FROM blocks WHERE user_id = ? AND blocked_id = ?";
  return (await env.DB.prepare(query).bind(ann.user.id, bob.user.id).first()) !== null;
}

async function areFriendsInD1(): Promise<boolean> {
  const { body } = await call("GET", "/v1/friends?limit=100", { token: ann.token });
  return JSON.stringify(body).includes(bob.user.username);
}

/**
 * Expects both users to be able to write if and only if D1 has no block, and no friendship beside a block.
 */
async function assertConsistent(id: number, when: string): Promise<boolean> {
  const blocked = await isBlockedInD1();
  for (const { token } of [ann, bob]) {
    const answer = await call("POST", `/v1/conversations/${id}/messages`, {
      token,
      body: textFrame("hello"),
    });
    expect([answer.status, when]).toEqual([blocked ? 403 : 201, when]);
  }
  if (blocked) expect([await areFriendsInD1(), when]).toEqual([false, when]);
  return blocked;
}

/** Lets prepared changes expire that were never completed, and runs the jobs. */
async function expirePrepared(id: number): Promise<void> {
  const object = env.CONVERSATION.getByName(String(id));
  await runInDurableObject(object, (_, { storage }) => {
    storage.sql.exec("UPDATE permission_changes SET at = 1");
  });
  await evictDurableObject(object);
  await runJobs(id);
  const remaining = await runInDurableObject(object, (_, { storage }) =>
    storage.sql.exec("SELECT * FROM permission_changes").toArray(),
  );
  expect(remaining).toEqual([]);
}

test.each(sampledPairs(["PUT blocks", "DELETE blocks"] as const, PLACES))(
  "%s interrupted at any step of %s takes effect for both if D1 has it",
  async (what, place) => {
    const { id } = await openDirect(ann, bob);
    await eachStep(`${what}, ${place}`, 1, async (step) => {
      await expectFriendCall("DELETE blocks", ann, bob);
      await befriend(ann, bob);
      if (what === "DELETE blocks") await expectFriendCall("PUT blocks", ann, bob);
      await expirePrepared(id);
      let status: number;
      let tried: StepResult;
      {
        using broken = await breakAt(place, step, { conversationId: id, userId: bob.user.id });
        status = (await friendCall(what, ann, bob)).status;
        tried = { isHit: broken.isHit, steps: broken.steps };
      }
      const when = `${place} ${step} answered ${status}`;
      expect(tried.isHit ? [204, 503] : [204], when).toContain(status);
      const blocked = await assertConsistent(id, when);
      if (status === 204) expect(blocked, when).toBe(what === "PUT blocks");
      await expirePrepared(id);
      expect(await assertConsistent(id, when), when).toBe(blocked);
      await expectFriendCall(what, ann, bob);
      expect(await assertConsistent(id, when), when).toBe(what === "PUT blocks");
      return tried;
    });
  },
);

test("a conversation that is opened during a block refuses sends", async () => {
  const [cid, dan] = [itemAt(await registerUsers(1), 0), itemAt(await registerUsers(1), 0)];
  const [opened] = await Promise.all([openDirect(cid, dan), expectFriendCall("PUT blocks", dan, cid)]);
  for (const { token } of [cid, dan]) {
    const path = `/v1/conversations/${opened.id}/messages`;
    expect((await call("POST", path, { token, body: textFrame("hello") })).status).toBe(403);
  }
});
