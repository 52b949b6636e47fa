import { expect, test } from "vitest";
import type { Fanout } from "../../../src/conversation/delivery/fanout.ts";
import type { UserId } from "../../../src/domain/ids.ts";
import { itemAt, range } from "../../support/objects/room.ts";
import { timing } from "../../support/timing.ts";
import { World } from "./fanout-fakes.ts";

const { confirmMs } = timing.assumedUpdates;

/** Two members with devices. */
function twoDevices(): { world: World; sender: UserId; other: UserId } {
  const world = new World(2);
  world.connect(...world.ids);
  return { world, sender: itemAt(world.ids, 0), other: itemAt(world.ids, 1) };
}

/** A device of this member sends: the update is answered to their inbox. @returns whether that is assumed */
function send(world: World, fanout: Fanout, id: UserId): boolean {
  world.version++;
  const release = fanout.claim(id);
  fanout.changed();
  const isAssumed = fanout.assume(id, world.update(id), null);
  release();
  return isAssumed;
}

/** How often the inbox of a member was called. */
const calls = (world: World, id: UserId) => world.calls.filter((one) => one.id === id).length;

test("the inbox of a member who goes on sending is called once, after the last of their sends", async () => {
  const { world, sender, other } = twoDevices();
  const fanout = world.fanout();
  for (const version of range(1, 20)) {
    expect(send(world, fanout, sender)).toBe(true);
    let isNext = false;
    setTimeout(() => (isNext = true), confirmMs / 2);
    await world.until(() => isNext && world.has.get(other) === version);
  }
  expect(calls(world, sender)).toBe(0);
  const sentAt = Date.now();
  await world.until(() => world.allKnow);
  expect(Date.now() - sentAt).toBeLessThanOrEqual(confirmMs);
  await world.until(() => world.checkpoint !== null);
  expect(calls(world, sender)).toBe(1);
  expect(world.checkpoint).toMatchObject({ seq: 20, behind: [] });
});

test("what others send next is pushed at once to an inbox that is assumed to be up to date", async () => {
  const { world, sender } = twoDevices();
  const fanout = world.fanout();
  for (let n = 0; n < 5; n++) {
    send(world, fanout, sender);
    world.change(fanout);
    const began = Date.now();
    await world.until(() => world.has.get(sender) === world.version);
    expect(Date.now() - began).toBeLessThan(confirmMs / 10);
  }
});

test("an ephemeral event is pushed at once to an inbox that is assumed to be up to date", async () => {
  const { world, sender } = twoDevices();
  const fanout = world.fanout();
  send(world, fanout, sender);
  world.passing.add(sender);
  fanout.ephemeral();
  const began = Date.now();
  await world.until(() => world.passing.size === 0);
  expect(Date.now() - began).toBeLessThan(confirmMs / 10);
});

test("a crash before the inbox has confirmed an update has the alarm deliver it", async () => {
  const { world, sender, other } = twoDevices();
  const fanout = world.fanout();
  send(world, fanout, sender);
  await world.until(() => world.has.get(other) === 1);
  expect(fanout.isDelivered(sender)).toBe(false);
  // The object starts anew, with what it has stored.
  expect(world.checkpoint).toBeNull();
  await world.repairAll(world.fanout());
  expect(world.has.get(sender)).toBe(1);
});

test("an inbox that does not answer when it is asked to confirm counts as failed", async () => {
  const { world, sender } = twoDevices();
  world.broken.add(sender);
  const fanout = world.fanout();
  send(world, fanout, sender);
  await world.until(() => world.failures.has(sender));
  expect(send(world, fanout, sender)).toBe(false);
});

test("an update that carries an event, or the end of a membership, is not assumed to be taken", () => {
  const { world, sender } = twoDevices();
  const fanout = world.fanout();
  const update = world.update(sender);
  const event = { type: "typing", conversationId: update.conversationId, userId: sender } as const;
  expect(fanout.assume(sender, { ...update, ephemeral: [{ id: 1, event }] }, null)).toBe(false);
  expect(fanout.assume(sender, { ...update, state: "left" }, null)).toBe(false);
  expect(fanout.assume(sender, update, null)).toBe(true);
});

test("nothing is assumed of members whose devices get no pages: without any, in a crowded group, or in focus", async () => {
  const { world, sender, other } = twoDevices();
  world.devices.delete(other);
  world.focused.add(sender);
  const fanout = world.fanout();
  expect(send(world, fanout, other)).toBe(false);
  await world.until(() => world.allKnow);
  expect(fanout.isFocused(sender)).toBe(true);
  expect(send(world, fanout, sender)).toBe(false);

  const crowded = twoDevices();
  crowded.world.maxLive = 1;
  expect(send(crowded.world, crowded.world.fanout(), crowded.sender)).toBe(false);
});
