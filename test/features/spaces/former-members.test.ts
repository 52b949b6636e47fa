import { beforeEach, expect, test } from "vitest";
import type { ConversationId } from "../../../src/domain/ids.ts";
import { expectProblem, type SignedIn } from "../../support/clients/api.ts";
import { ask, getConversation, list, page, send } from "../../support/clients/chat.ts";
import { openDevice, openRoom } from "../../support/clients/socket.ts";
import { advanceClock } from "../../support/clock.ts";
import { intercept } from "../../support/faults/calls.ts";
import { interceptD1 } from "../../support/faults/d1.ts";
import { evict } from "../../support/objects/sleep.ts";
import { overrideTiming, timing } from "../../support/timing.ts";
import { DRIVERS } from "../../surfaces/drivers.ts";
import { Scene, unreachable } from "./scene.ts";

let scene: Scene;
let ann: SignedIn;
let bob: SignedIn;
let general: ConversationId;

beforeEach(async () => {
  scene = await Scene.make();
  ({ ann, bob, general } = scene);
});

test.each(["leaves", "is removed"] as const)("who %s, hears and reads nothing over all APIs", async (how) => {
  await send(ann, general, "before");
  const room = await openRoom(general, bob.token);
  const device = await openDevice(bob.token);
  await scene.endBob(how);
  await send(ann, general, "after");
  expect(await room.closed()).toMatchObject({ code: 4001 });
  expectProblem(await ask(bob, general, "GET", "/messages"), 404, "not_found");
  expectProblem(await ask(bob, general, "GET", ""), 404, "not_found");
  expect((await list(bob)).items).toEqual([]);
  for (const { history } of DRIVERS)
    expect((await history?.(bob, general).catch(() => [])) ?? []).toEqual([]);
  expect(JSON.stringify(device.frames)).not.toContain("after");
  expect((await getConversation(ann, general)).member_count).toBe(1);
  expectProblem(await scene.ask(bob, "GET"), 404, "not_found");
  expect((await scene.join(bob, await scene.invite(ann))).status).toBe(200);
  expect((await page(bob, general)).items.map(({ body }) => body.text)).toEqual(["before", "after"]);
});

test("a former member reads nothing of a channel that slept meanwhile", async () => {
  await send(ann, general, "before");
  await evict(general);
  await scene.endBob("is removed");
  expectProblem(await ask(bob, general, "GET", "/messages"), 404, "not_found");
});

test("a socket is closed, and its client repeats the frame, where D1 cannot be asked", async () => {
  await send(ann, general, "before");
  const room = await openRoom(general, bob.token);
  advanceClock(timing.spaces.leaseMs);
  {
    using _ = interceptD1(() => Promise.reject(new Error("D1_ERROR: Network connection lost.")));
    room.send({ type: "send", client_msg_id: "m1", kind: "text", body: { text: "hello" } });
    expect(await room.closed()).toMatchObject({ code: 1011 });
  }
  expect((await page(ann, general)).items).toHaveLength(1);
});

test("a removal waits for a channel that cannot be told, until it relies on nothing", async () => {
  overrideTiming({ spaces: { leaseMs: 400, renewMs: 0, skewMs: 0 } });
  const seeds = await scene.addChannel("seeds");
  const room = await openRoom(seeds, bob.token);
  {
    using _ = intercept(({ method, id, work }) =>
      method === "spaceChanged" && id === seeds
        ? Promise.reject(new Error("Network connection lost."))
        : work(),
    );
    await scene.endBob("is removed");
  }
  expectProblem(await ask(bob, seeds, "GET", "/messages"), 404, "not_found");
  await send(ann, seeds, "after");
  expect(await room.closed()).toMatchObject({ code: 4001 });
  expect(room.of("message")).toEqual([]);
});

test("who leaves is told where a channel that they follow could not be, and repeats it", async () => {
  {
    using _ = intercept(({ method, work }) =>
      method === "spaceChanged" ? Promise.reject(unreachable()) : work(),
    );
    expectProblem(await scene.ask(bob, "POST", "/leave"), 503, "unavailable");
  }
  expect((await scene.ask(bob, "POST", "/leave")).status).toBe(204);
  expect((await list(bob)).items).toEqual([]);
});

test("who repeats their leaving hears nothing of a channel that they look at, either", async () => {
  overrideTiming({ spaces: { leaseMs: 5_000, renewMs: 0, skewMs: 0 } });
  const seeds = await scene.addChannel("seeds");
  const room = await openRoom(seeds, bob.token);
  {
    using _ = intercept(({ method, work }) =>
      method === "spaceChanged" ? Promise.reject(unreachable()) : work(),
    );
    expectProblem(await scene.ask(bob, "POST", "/leave"), 503, "unavailable");
  }
  expect((await scene.ask(bob, "POST", "/leave")).status).toBe(204);
  await send(ann, seeds, "after");
  expect(await room.closed()).toMatchObject({ code: 4001 });
  expect(room.of("message")).toEqual([]);
});
