import { env } from "cloudflare:workers";
import { beforeAll, expect, test } from "vitest";
import { deleteAccount, membershipsInD1, runAccountDeletion } from "../../support/accounts/deletion.ts";
import { openDeviceSockets } from "../../support/accounts/sessions.ts";
import { call, register, type SignedIn } from "../../support/clients/api.ts";
import {
  createGroup,
  getConversation,
  list,
  openDirect,
  page,
  storedInConversation,
  storedInInbox,
} from "../../support/clients/chat.ts";
import { DEVICE_PATH, openDevice, openRoom, upgrade } from "../../support/clients/socket.ts";
import { breakAt, FAULT_PLACES, type FaultPlace } from "../../support/faults/injected-fault.ts";
import { eachStep, type StepResult } from "../../support/faults/sampled-steps.ts";
import { runJobs } from "../../support/objects/assert-consistent.ts";
import { textFrame } from "../../support/objects/room.ts";
import { setTiming } from "../../support/timing.ts";

beforeAll(() => setTiming({ rpcRetry: { backoffMs: 1 } }));

async function isDeleted({ user }: SignedIn): Promise<boolean> {
  const query = "SELECT 1 FROM users WHERE id = ? AND deleted_at IS NOT NULL";
  return (await env.DB.prepare(query).bind(user.id).first()) !== null;
}

/** Runs an account deletion that fails at one step, and checks the result. */
async function deleteWithFault(place: FaultPlace, step: number): Promise<StepResult> {
  // Ann is a new user too, so that her list has only these two conversations.
  const [ann, bob] = [await register(), await register()];
  const [group, direct] = [await createGroup(ann, [bob]), await openDirect(ann, bob)];
  const ids = [group.id, direct.id];
  for (const id of ids)
    await call("POST", `/v1/conversations/${id}/messages`, { token: bob.token, body: textFrame("hi") });
  const [socket, device] = [await openRoom(direct.id, bob.token), await openDevice(bob.token)];
  let status: number;
  let tried: StepResult;
  {
    using broken = await breakAt(place, step, { conversationId: group.id, userId: bob.user.id });
    status = (await deleteAccount(bob)).status;
    tried = { isHit: broken.isHit, steps: broken.steps };
  }
  const at = `${place} ${step} answered ${status}`;
  expect(tried.isHit ? [204, 503] : [204], at).toContain(status);
  const deleted = await isDeleted(bob);
  if (status === 204) expect(deleted, at).toBe(true);
  await settle(bob, ids);
  if (!deleted) {
    // The deletion has not begun, so a repeated call succeeds.
    expect(await membershipsInD1(bob), at).toEqual({ [group.id]: "active", [direct.id]: "active" });
    expect((await list(bob)).items.map(({ id }) => id).toSorted(), at).toEqual(ids.toSorted());
    await socket.untilProcessed();
    expect((await deleteAccount(bob)).status, at).toBe(204);
    await settle(bob, ids);
  } else if (status === 503) {
    expect([401, 503], at).toContain((await deleteAccount(bob)).status);
  }
  expect((await socket.closed()).code, at).toBe(4001);
  // The device socket is in the inbox, and a crash of the inbox may have closed it.
  expect([1006, 1011, 4001], at).toContain((await device.closed()).code);
  expect(await openDeviceSockets(bob), at).toEqual([]);
  expect((await upgrade(DEVICE_PATH, bob.token)).status, at).toBe(401);
  expect(JSON.parse(await storedInInbox(bob)), at).toMatchObject({ conversations: [], device_cursors: [] });
  expect(await membershipsInD1(bob), at).toEqual({ [group.id]: "left", [direct.id]: "left" });
  const { items } = await list(ann);
  expect(items.map(({ id }) => id).toSorted(), at).toEqual(ids.toSorted());
  for (const id of ids) {
    for (const shown of [await getConversation(ann, id), items.find((item) => item.id === id)]) {
      expect(shown, at).toMatchObject({ member_count: 1, disabled: id === direct.id });
    }
    expect(await storedInConversation(id), at).not.toContain(bob.user.username);
  }
  expect(
    (await page(ann, group.id)).items.map(({ kind }) => kind),
    at,
  ).toEqual(["text", "tip"]);
  return tried;
}

/** Runs all remaining jobs. */
async function settle(bob: SignedIn, ids: number[]): Promise<void> {
  for (let attempt = 0; (await runAccountDeletion(bob)) > 0; attempt++)
    if (attempt > 10) throw new Error("no end");
  for (const id of ids) await runJobs(id, { except: "direct_permission" });
}

test.each(FAULT_PLACES)(
  "an account deletion interrupted at any step of %s is complete or has not begun",
  (place) => eachStep(`account deletion, ${place}`, 1, (step) => deleteWithFault(place, step)),
);
