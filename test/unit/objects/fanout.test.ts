import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { ConversationId, UserId } from "../../../src/domain/ids.ts";
import { call, type SignedIn } from "../../support/clients/api.ts";
import { openRoom } from "../../support/clients/socket.ts";
import {
  at,
  conversationObject,
  inboxObject,
  newGroup,
  people,
  post,
  range,
  text,
} from "../../support/objects/room.ts";
import { handIn, timing } from "../../support/timing.ts";
import { World } from "./fanout-fakes.ts";

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
  await world.during(Promise.all(range(1, 30).map(() => fanout.deliverNow(world.ids))));
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
    await world.during(fanout.deliverNow(world.ids));
    await world.until(() => world.allKnow);
  }
  expect(await world.during(fanout.repair())).toBe(false);
  expect(world.noteStands).toBe(true);
  world.broken.delete(down);
  // The alarm looks again where the pump is still at it.
  while (!(await world.during(fanout.repair()))) await world.until(() => world.has.get(down) === 3);
  expect(world.has.get(down)).toBe(3);
});

test("a start without a note tells nobody, one with a note tells all", async () => {
  const world = new World(5);
  world.version = 7;
  world.fanout().resume();
  await world.during(world.fanout().deliverNow(world.ids));
  expect(world.calls).toEqual([]);
  world.noteStands = true;
  expect(await world.during(world.fanout().repair())).toBe(true);
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

test("where the clock goes back the alarm tells what is new all the same", async () => {
  const world = new World(10);
  const fanout = world.fanout();
  const before = Date.now();
  vi.setSystemTime(before + 60_000);
  world.version = 1;
  fanout.changed();
  await world.until(() => world.allKnow && world.has.size === 10);
  vi.setSystemTime(before);
  world.version = 2;
  fanout.changed();
  while (!(await world.during(fanout.repair()))) await world.until(() => world.allKnow);
  expect(world.allKnow).toBe(true);
});

describe("to devices", () => {
  test("what passes by is told to who knows all else, and to nobody twice", async () => {
    const world = new World(3);
    const fanout = world.fanout();
    const [one] = world.ids;
    if (one === undefined) throw new Error("three members");
    world.passing.add(one);
    fanout.ephemeral();
    await world.until(() => world.passing.size === 0);
    expect(world.calls.map(({ id }) => id)).toEqual([one]);
  });

  test("in a large group who has no devices is told by the alarm, or once he has said hello", async () => {
    const world = new World(80);
    world.isLarge = true;
    const [online, asking, ...others] = world.ids;
    if (online === undefined || asking === undefined) throw new Error("80 members");
    for (const id of world.ids) world.devices.set(id, id === online);
    world.online.add(online);
    const fanout = world.fanout();
    world.version = 1;
    fanout.changed();
    await world.until(() => world.has.get(online) === 1);
    fanout.subscribe(asking, false);
    world.version = 2;
    fanout.changed();
    await world.until(() => world.has.get(asking) === 2 && world.has.get(online) === 2);
    expect(others.some((id) => world.has.has(id))).toBe(false);
    while (!(await world.during(fanout.repair()))) await world.until(() => world.allKnow);
    expect(world.allKnow).toBe(true);
  });

  test("who has devices hears of each of many changes at once, whoever has none of the last of them", async () => {
    const world = new World(2);
    const [online, offline] = world.ids;
    if (online === undefined || offline === undefined) throw new Error("two members");
    world.online.add(online);
    const fanout = world.fanout();
    for (const version of [1, 2, 3, 4]) {
      world.version = version;
      fanout.changed();
      await world.until(() => world.has.get(online) === version);
    }
    expect(world.calls.filter(({ id }) => id === offline).length).toBeLessThan(4);
    await world.until(() => world.allKnow);
  });

  test("who says hello while he rests for long is told of the next at once", async () => {
    const world = new World(80);
    world.isLarge = true;
    const fanout = world.fanout();
    const [asking] = world.ids;
    if (asking === undefined) throw new Error("80 members");
    world.version = 1;
    fanout.changed();
    // Nobody had devices: from now on each rests for a minute.
    await world.until(() => world.allKnow);
    fanout.subscribe(asking, true);
    world.version = 2;
    fanout.changed();
    await world.until(() => world.has.get(asking) === 2);
  });

  test("who had no devices when he was told is not told what only passes by, until he says hello", async () => {
    const world = new World(2);
    const fanout = world.fanout();
    const [online, offline] = world.ids;
    if (online === undefined || offline === undefined) throw new Error("two members");
    world.online.add(online);
    expect(world.ids.map((id) => fanout.mayReceiveEphemeral(id))).toEqual([true, true]);
    world.version = 1;
    await world.during(fanout.deliverNow(world.ids));
    expect(world.ids.map((id) => fanout.mayReceiveEphemeral(id))).toEqual([true, false]);
    // A while later his first device may have come: then one more call finds out.
    vi.setSystemTime(Date.now() + timing.deviceTracker.absentMs);
    expect(fanout.mayReceiveEphemeral(offline)).toBe(true);
    world.isLarge = true;
    expect(fanout.mayReceiveEphemeral(offline)).toBe(false);
    fanout.subscribe(offline, true);
    expect(fanout.mayReceiveEphemeral(offline)).toBe(true);
  });

  test("in a large group whoever looks at his list is told after those with devices, and taken to have none", async () => {
    const world = new World(80);
    world.isLarge = true;
    const online = world.ids.at(-1);
    if (online === undefined) throw new Error("80 members");
    for (const id of world.ids) world.devices.set(id, id === online);
    world.online.add(online);
    const fanout = world.fanout();
    for (const id of world.ids) if (id !== online) fanout.subscribe(id, false);
    world.version = 1;
    fanout.changed();
    await world.until(() => world.allKnow);
    expect(world.calls[0]).toEqual({ id: online, ver: 1 });
    expect(world.calls.length).toBe(80);
    expect(world.ids.filter((id) => world.devices.get(id))).toEqual([online]);
  });
});

describe("in lanes", () => {
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
    expect(await world.during(fanout.repair())).toBe(false);
    busy = false;
    clearInterval(talk);
  });

  test("silent inboxes are each asked once, and not again until something changes", async () => {
    const world = new World(5);
    for (const id of world.ids) world.held.set(id, NEVER);
    const fanout = world.fanout();
    world.version = 1;
    fanout.changed();
    expect(await world.during(fanout.repair())).toBe(false);
    expect(world.calls.length).toBeLessThanOrEqual(5);
  });

  test("a snapshot that cannot be made is a refusal: the object goes on, and the others are told", async () => {
    const world = new World(3);
    world.unmade.add(at(world.ids, 0));
    const fanout = world.fanout();
    world.version = 1;
    fanout.changed();
    await world.until(() => world.has.size === 2);
    await world.during(fanout.deliverNow(world.ids));
    expect(world.calls.length).toBeLessThanOrEqual(4);
  });

  test("what changes while a call of its own tells somebody is told to him too", async () => {
    const world = new World(2);
    const ann = at(world.ids, 0);
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
    const told = fanout.deliverNow([ann]);
    world.version = 3;
    fanout.changed();
    world.held.delete(ann);
    answer();
    await world.during(told);
    await world.until(() => world.has.get(ann) === 3);
  });

  test("in a room that is never quiet nobody waits for those who are told before him, whoever has devices", async () => {
    const world = new World(30);
    for (const id of world.ids.slice(0, 20)) world.online.add(id);
    const fanout = world.fanout();
    const talk = setInterval(() => {
      world.version++;
      fanout.changed();
    }, 5);
    onTestFinished(() => clearInterval(talk));
    await world.until(() => world.calls.length > 600);
    const all = world.calls.slice(200).map(({ id }) => id);
    const told = (id: UserId) => all.filter((one) => one === id).length;
    const [online, others] = [world.ids.slice(0, 20).map(told), world.ids.slice(20).map(told)];
    // Four hundred bumps: each with devices gets his share of most of them, each without some.
    expect(Math.min(...online)).toBeGreaterThan(10);
    expect(Math.max(...online)).toBeLessThan(25);
    expect(Math.min(...others)).toBeGreaterThan(1);
    expect(Math.max(...others)).toBeLessThan(Math.min(...online));
  });

  test("silent inboxes hold up nobody else once they have been silent before", async () => {
    const world = new World(20);
    for (const id of world.ids) world.online.add(id);
    const [silent, others] = [world.ids.slice(0, 6), world.ids.slice(6)];
    const fanout = world.fanout();
    world.version = 1;
    fanout.changed();
    await world.until(() => world.allKnow && world.has.size === 20);
    for (const id of silent) world.held.set(id, NEVER);
    const talk = setInterval(() => {
      world.version++;
      fanout.changed();
    }, 50);
    onTestFinished(() => clearInterval(talk));
    // All were asked in vain, and some are asked again.
    const asked = () => world.calls.filter(({ id, ver }) => ver > 1 && silent.includes(id)).length;
    await world.until(() => asked() > silent.length + 3);
    const began = Date.now();
    for (let round = 0; round < 10; round++) {
      const { version } = world;
      await world.until(() => others.every((id) => (world.has.get(id) ?? 0) > version));
    }
    // Nobody has waited for one of those who are asked again.
    expect(Date.now() - began).toBeLessThan(timing.fanout.callTimeoutMs);
  });
});

describe("repaired", () => {
  let ann: SignedIn;
  let bob: SignedIn;

  beforeAll(async () => {
    const registered = await people(2);
    ann = at(registered, 0);
    bob = at(registered, 1);
  });

  /** The first of somebody's conversations, as his list has it. */
  async function first({ token }: SignedIn): Promise<unknown> {
    const { body } = await call("GET", "/v1/conversations?limit=1", { token });
    return body;
  }

  /** Runs the alarm of a conversation with all its jobs due, until there are none. */
  async function repaired(id: ConversationId): Promise<void> {
    const stub = conversationObject(id);
    for (;;) {
      const jobs = await runInDurableObject(stub, async (_, { storage }) => {
        storage.sql.exec("UPDATE jobs SET due = 1 WHERE kind = 'fanout'");
        await storage.setAlarm(Date.now() + 60_000);
        return storage.sql.exec("SELECT 1 FROM jobs WHERE kind = 'fanout'").toArray().length;
      });
      if (jobs === 0) return;
      await runDurableObjectAlarm(stub);
    }
  }

  test("after a quiet while no fan-out job is left, nor a note of one", async () => {
    handIn({ fanout: { cooldownMs: 10 } });
    const id = await newGroup(ann, bob);
    for (const i of range(1, 3)) await post(id, ann, `${i}`);
    await repaired(id);
    await evictDurableObject(conversationObject(id));
    await post(id, ann, "4");
    await repaired(id);
    expect(await first(bob)).toMatchObject({ items: [{ id, last_seq: 4, unread_count: 4 }] });
  });

  test("what a crash left untold is told by the alarm: note without told inboxes", async () => {
    handIn({ fanout: { cooldownMs: 10 } });
    const id = await newGroup(ann, bob);
    await post(id, ann, "known");
    await repaired(id);
    const socket = await openRoom(id, ann.token);
    socket.send(text("stored", "c"));
    await socket.next("ack");
    // As if the object had gone before any bump arrived: the note stands, the inboxes know nothing.
    await runInDurableObject(conversationObject(id), (_, { storage }) => {
      storage.sql.exec("INSERT OR REPLACE INTO jobs (kind, key, due) VALUES ('fanout', '', 1)");
    });
    await evictDurableObject(conversationObject(id));
    for (const { user } of [ann, bob]) {
      await runInDurableObject(inboxObject(user.id), (_, { storage }) => {
        storage.sql.exec("DELETE FROM conversations WHERE conversation_id = ?", id);
      });
    }
    await repaired(id);
    expect(await first(bob)).toMatchObject({
      items: [{ id, last_seq: 2, unread_count: 2, last_message: { seq: 2, body: { text: "stored" } } }],
    });
    expect(await first(ann)).toMatchObject({ items: [{ id, last_seq: 2, unread_count: 0 }] });
  });

  test("a send of a burst costs three rows at most, whatever the number of members", async () => {
    const id = await newGroup(ann, bob);
    await post(id, ann, "warm");
    const written = () =>
      runInDurableObject(conversationObject(id), (_, { storage }) =>
        Number(storage.sql.exec("SELECT total_changes() AS n").one().n),
      );
    const socket = await openRoom(id, ann.token);
    const before = await written();
    socket.send({ type: "sends", items: range(1, 64).map((i) => text(`${i}`, `${i}`)) });
    await socket.until(({ acks }) => acks.length === 64);
    // Without its index entry a message is one row; position, note and alarm are shared by the burst.
    expect((await written()) - before).toBeLessThan(64 + 8);
  });
});
