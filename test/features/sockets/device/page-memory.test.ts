import { expect, test } from "vitest";
import { registerUsers } from "../../../support/clients/api.ts";
import { openDevice } from "../../../support/clients/socket.ts";
import { nextTurn } from "../../../support/event-loop.ts";
import { intercept } from "../../../support/faults/calls.ts";
import { createGroupId, postText, range } from "../../../support/objects/room.ts";

/** The pages of unknown messages that fit into 32 MiB: each may have 100 bodies of 32 KiB. */
const MAX_LARGE_PAGES = 10;
/** The syncs of a user that run at once. */
const SLOTS = 16;
/** So many messages may fill a page, if they are merged ones. */
const MANY = 13;

/** Syncs all conversations at once. @returns the most pages that were fetched at once */
async function pagesFetchedAtOnce(token: string, ids: readonly number[], after: number): Promise<number> {
  const device = await openDevice(token);
  let [fetched, most] = [0, 0];
  using _ = intercept(async ({ method, work }) => {
    if (method !== "replay") return work();
    fetched++;
    most = Math.max(most, fetched);
    // Every other sync begins meanwhile, if it may.
    for (const _ of range(1, 50)) await nextTurn(1);
    fetched--;
    return work();
  });
  device.send({ type: "sync", items: ids.map((conversation_id) => ({ conversation_id, after, rev: 0 })) });
  await device.until(() => device.of("synced").length === ids.length);
  expect(device.of("synced").every(({ has_more }) => has_more === false)).toBe(true);
  expect(device.messages.length).toBe(ids.length * (MANY - after));
  device.close();
  return most;
}

test("a device that syncs many conversations has at most 32 MiB of pages fetched for it at once", async () => {
  const [ann, bob] = await registerUsers(2);
  const ids = [];
  for (const _ of range(1, SLOTS)) {
    const id = await createGroupId(ann, bob);
    for (const n of range(1, MANY)) await postText(id, ann, String(n));
    ids.push(id);
  }
  // The list knows how much there may be once the newest updates are there.
  const live = await openDevice(bob.token);
  live.send({ type: "sync", items: ids.map((conversation_id) => ({ conversation_id, after: 0 })) });
  await live.until(() => live.of("synced").length === ids.length);
  live.close();
  expect(await pagesFetchedAtOnce(bob.token, ids, 0)).toBe(MAX_LARGE_PAGES);
  expect(await pagesFetchedAtOnce(bob.token, ids, MANY - 1)).toBe(SLOTS);
});
