import { expect, test } from "vitest";
import { World } from "../support/fanout.ts";
import { nth } from "../support/room.ts";

const NEVER = new Promise<void>(() => undefined);

test("a repair ends while the lanes have no end, so that the alarm is free for other jobs", async () => {
  const world = new World(300);
  const fanout = world.fanout();
  let busy = true;
  const talk = setInterval(() => {
    world.version++;
    if (busy) fanout.changed();
  }, 20);
  world.version = 1;
  fanout.changed();
  expect(await fanout.repair()).toBe(false);
  busy = false;
  clearInterval(talk);
});

test("silent inboxes are each asked once, and not again until something changes", async () => {
  const world = new World(5);
  for (const id of world.ids) world.held.set(id, NEVER);
  const fanout = world.fanout();
  world.version = 1;
  fanout.changed();
  expect(await fanout.repair()).toBe(false);
  expect(world.calls.length).toBeLessThanOrEqual(5);
});

test("a snapshot that cannot be made is a refusal: the object goes on, and the others are told", async () => {
  const world = new World(3);
  world.unmade.add(nth(world.ids, 0));
  const fanout = world.fanout();
  world.version = 1;
  fanout.changed();
  await world.until(() => world.has.size === 2);
  await fanout.tellNow(world.ids);
  expect(world.calls.length).toBeLessThanOrEqual(4);
});

test("what changes while a call of its own tells somebody is told to him too", async () => {
  const world = new World(2);
  const ann = nth(world.ids, 0);
  const fanout = world.fanout();
  // Her inbox has refused, so that the lanes pass her over.
  world.broken.add(ann);
  world.version = 1;
  fanout.changed();
  await world.until(() => world.has.size === 1 && world.calls.length >= 2);
  world.broken.delete(ann);
  let answer = () => {};
  world.held.set(ann, new Promise<void>((resolve) => (answer = resolve)));
  world.version = 2;
  const told = fanout.tellNow([ann]);
  world.version = 3;
  fanout.changed();
  world.held.delete(ann);
  answer();
  await told;
  await world.until(() => world.has.get(ann) === 3);
});
