import { expect, test } from "vitest";
import { World } from "../support/fanout.ts";
import { range } from "../support/room.ts";

test("every member is told the newest, four at a time; the note stands until all were", async () => {
  const world = new World(23);
  const fanout = world.fanout();
  world.version = 1;
  fanout.changed();
  expect(world.noteStands).toBe(true);
  await world.until(() => !world.noteStands);
  expect(world.allKnow).toBe(true);
  expect(world.calls.length).toBe(23);
  expect(world.mostAtOnce).toBeLessThanOrEqual(4);
});

test("who waits while much happens is told the last of it once, not each", async () => {
  const world = new World(10);
  const fanout = world.fanout();
  for (const version of range(1, 50)) {
    world.version = version;
    fanout.changed();
  }
  await world.until(() => world.allKnow);
  expect(world.calls.length).toBeLessThan(20);
});

test("many who wait for the same member share a call", async () => {
  const world = new World(3);
  const fanout = world.fanout();
  world.version = 1;
  fanout.changed();
  await Promise.all(range(1, 30).map(() => fanout.tellNow(world.ids)));
  expect(world.allKnow).toBe(true);
  expect(world.mostForOne).toBe(1);
  expect(world.calls.length).toBeLessThanOrEqual(6);
});

test("an inbox that fails stops neither the others nor the caller, and is told by the repair once it works", async () => {
  const world = new World(9);
  const fanout = world.fanout();
  const [down] = world.ids;
  if (down === undefined) throw new Error("nine members");
  world.broken.add(down);
  for (const version of [1, 2, 3]) {
    world.version = version;
    fanout.changed();
    await fanout.tellNow(world.ids);
    await world.until(() => world.allKnow);
  }
  expect(await fanout.repair()).toBe(false);
  expect(world.noteStands).toBe(true);
  world.broken.delete(down);
  // The alarm looks again where the pump is still at it.
  while (!(await fanout.repair())) await world.until(() => world.has.get(down) === 3);
  expect(world.has.get(down)).toBe(3);
});

test("a start without a note tells nobody, one with a note tells all", async () => {
  const world = new World(5);
  world.version = 7;
  world.fanout().resume();
  await world.fanout().tellNow(world.ids);
  expect(world.calls).toEqual([]);
  world.noteStands = true;
  expect(await world.fanout().repair()).toBe(true);
  expect(world.allKnow).toBe(true);
});

test("what changes while the pump runs is told too", async () => {
  const world = new World(30);
  const fanout = world.fanout();
  world.version = 1;
  fanout.changed();
  await world.until(() => world.calls.length > 8);
  world.version = 2;
  fanout.changed();
  await world.until(() => world.allKnow && world.has.size === 30);
  expect(new Set(world.has.values())).toEqual(new Set([2]));
});
