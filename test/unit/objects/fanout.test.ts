import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { ConversationId, UserId } from "../../../src/domain/ids.ts";
import { call, registerUsers, type SignedIn } from "../../support/clients/api.ts";
import { openRoom } from "../../support/clients/socket.ts";
import {
  conversationObject,
  createGroupId,
  inboxObject,
  itemAt,
  postText,
  range,
  textFrame,
} from "../../support/objects/room.ts";
import { untilCheckpoint } from "../../support/objects/sleep.ts";
import { overrideTiming, timing } from "../../support/timing.ts";
import { World } from "./fanout-fakes.ts";

const NEVER = new Promise<void>(() => undefined);

test("every member gets the newest update, four at a time; then a checkpoint is stored, and the alarm clears the marker", async () => {
  const world = new World(23);
  const fanout = world.fanout();
  world.change(fanout);
  expect(world.noteStands).toBe(true);
  await world.until(() => world.checkpoint !== null);
  expect(world.allKnow).toBe(true);
  expect(world.checkpoint).toMatchObject({ seq: 1, behind: [] });
  expect(await world.repair(fanout)).toBeNull();
  expect(world.calls.length).toBe(23);
  expect(world.mostAtOnce).toBeLessThanOrEqual(4);
});

test("a member who waits during many changes gets the last of them once", async () => {
  const world = new World(10);
  const fanout = world.fanout();
  for (const _ of range(1, 50)) {
    world.change(fanout);
  }
  await world.until(() => world.allKnow);
  expect(world.calls.length).toBeLessThan(20);
});

test("many callers that wait for the same member share one call", async () => {
  const world = new World(3);
  const fanout = world.fanout();
  world.change(fanout);
  await world.during(Promise.all(range(1, 30).map(() => fanout.deliverNow(world.ids))));
  expect(world.allKnow).toBe(true);
  expect(world.mostForOne).toBe(1);
  expect(world.calls.length).toBeLessThanOrEqual(6);
});

test("a failing inbox delays neither other inboxes nor the caller, and the repair reaches it once it works", async () => {
  const world = new World(9);
  const fanout = world.fanout();
  const down = itemAt(world.ids, 0);
  world.broken.add(down);
  for (const _ of [1, 2, 3]) {
    world.change(fanout);
    await world.during(fanout.deliverNow(world.ids));
    await world.until(() => world.allKnow);
  }
  // The marker does not wait for the failed inbox, which is on record.
  expect(await world.repair(fanout)).toBeNull();
  expect([...world.failures.keys()]).toEqual([down]);
  expect(world.retryAt).not.toBeNull();
  world.broken.delete(down);
  expect(await world.during(fanout.retryFailed())).toBeNull();
  expect(world.has.get(down)).toBe(3);
  expect(world.failures.size).toBe(0);
});

test("an inbox that never answers is retried with growing pauses, then parked; any success ends that", async () => {
  const world = new World(2);
  const fanout = world.fanout();
  const down = itemAt(world.ids, 0);
  world.broken.add(down);
  world.change(fanout);
  await world.until(() => world.failures.size === 1);
  expect(await world.repair(fanout)).toBeNull();
  let { retryAt } = world;
  const tries: number[] = [];
  while (retryAt !== null) {
    vi.setSystemTime(retryAt);
    tries.push(retryAt);
    retryAt = await world.during(fanout.retryFailed());
  }
  const pauses = tries.slice(1).map((at, i) => at - itemAt(tries, i));
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
  expect(tries.length).toBeLessThan(20);
  expect(itemAt(tries, tries.length - 1) - itemAt(tries, 0)).toBeGreaterThan(
    timing.inboxCalls.parkAfterMs / 2,
  );
  expect(world.failures.get(down)).toMatchObject({ parked: 1, failures: tries.length + 1 });
  // A room that is made anew, as after an eviction, leaves the parked inbox alone until a change comes.
  const back = world.fanout();
  const before = world.calls.length;
  back.resume();
  expect(await world.during(back.retryFailed())).toBeNull();
  expect(world.calls.length).toBe(before);
  world.broken.delete(down);
  vi.setSystemTime(Date.now() + timing.inboxCalls.maxPauseMs);
  world.version = 2;
  back.changed();
  await world.until(() => world.has.get(down) === 2);
  expect(world.failures.size).toBe(0);
});

/** A large group without devices: all inboxes but one have its first version. */
async function largeWithOneDown() {
  const world = new World(80);
  world.isLarge = true;
  for (const id of world.ids) world.devices.set(id, false);
  const down = itemAt(world.ids, 3);
  world.broken.add(down);
  const fanout = world.fanout();
  world.change(fanout);
  await world.repairAll(fanout);
  return { world, fanout, down };
}

test("a deferred member of a large group whose inbox failed is retried, also after an eviction", async () => {
  const { world, down } = await largeWithOneDown();
  expect([...world.failures.keys()]).toEqual([down]);
  world.noteStands = false;
  world.broken.delete(down);
  expect(await world.during(world.fanout().retryFailed())).toBeNull();
  expect(world.has.get(down)).toBe(1);
});

test("an alarm retries a failed inbox in the cooldown of its member, and none follows at once", async () => {
  const { world, fanout, down } = await largeWithOneDown();
  const tries = () => world.calls.filter(({ id }) => id === down).length;
  for (const failures of range(2, 5)) {
    vi.setSystemTime(world.retryAt ?? 0);
    const next = await world.during(fanout.retryFailed());
    expect(tries()).toBe(failures);
    expect(next).toBeGreaterThanOrEqual(Date.now() + timing.inboxCalls.retryMs / 2);
    world.retryAt = next;
  }
});

test("a wake-up with a checkpoint calls those who are behind it, and those whom later changes concern", async () => {
  const world = new World(5);
  const behind = itemAt(world.ids, 0);
  world.version = 3;
  world.noteStands = true;
  world.checkpoint = {
    seq: 3,
    changes: 0,
    touched: 0,
    rev: 0,
    behind: [behind],
    isLarge: false,
    servedAt: 0,
  };
  await world.repairAll(world.fanout());
  expect(world.calls).toEqual([{ id: behind, ver: 3 }]);
  world.version = 4;
  world.noteStands = true;
  await world.repairAll(world.fanout());
  expect(world.calls.length).toBe(6);
});

test("in a busy room a failing inbox is tried once a minute at most", async () => {
  const world = new World(2);
  const fanout = world.fanout();
  const down = itemAt(world.ids, 0);
  world.broken.add(down);
  const { maxPauseMs } = timing.inboxCalls;
  const talk = setInterval(() => {
    world.change(fanout);
  }, 500);
  onTestFinished(() => clearInterval(talk));
  const tries = () => world.calls.filter(({ id }) => id === down).length;
  const pass = async (minutes: number) => {
    for (const end of range(1, minutes).map((minute) => Date.now() + minute * 60_000))
      await world.until(() => Date.now() >= end);
  };
  // Its pauses grow to a minute first.
  await pass(4);
  const before = tries();
  await pass(5);
  expect(tries() - before).toBeGreaterThan(2);
  expect(tries() - before).toBeLessThanOrEqual((5 * 60_000) / maxPauseMs + 1);
});

test("the alarm keeps the retry marker while a change waits for its announcement: a crash would lose it", async () => {
  const world = new World(2);
  const fanout = world.fanout();
  world.change(fanout);
  await world.until(() => world.allKnow);
  world.hasUnannounced = true;
  expect(await world.repair(fanout)).not.toBeNull();
  world.hasUnannounced = false;
  expect(await world.repair(fanout)).toBeNull();
});

test("a start without a retry marker delivers nothing, and one with a marker delivers to all", async () => {
  const world = new World(5);
  world.version = 7;
  world.fanout().resume();
  await world.during(world.fanout().deliverNow(world.ids));
  expect(world.calls).toEqual([]);
  world.noteStands = true;
  expect(await world.repair(world.fanout())).toBeNull();
  expect(world.allKnow).toBe(true);
});

test("a change made while deliveries run is delivered too", async () => {
  const world = new World(30);
  const fanout = world.fanout();
  world.change(fanout);
  await world.until(() => world.calls.length > 8);
  world.change(fanout);
  await world.until(() => world.allKnow && world.has.size === 30);
  expect(new Set(world.has.values())).toEqual(new Set([2]));
});

test("the alarm delivers new changes although the clock went back", async () => {
  const world = new World(10);
  const fanout = world.fanout();
  const before = Date.now();
  vi.setSystemTime(before + 60_000);
  world.change(fanout);
  await world.until(() => world.allKnow && world.has.size === 10);
  vi.setSystemTime(before);
  world.change(fanout);
  await world.repairAll(fanout);
  expect(world.allKnow).toBe(true);
});

describe("to devices", () => {
  test("an ephemeral event goes once to a member whose list is up to date", async () => {
    const world = new World(3);
    const fanout = world.fanout();
    const one = itemAt(world.ids, 0);
    world.passing.add(one);
    fanout.ephemeral();
    await world.until(() => world.passing.size === 0);
    expect(world.calls.map(({ id }) => id)).toEqual([one]);
  });

  test("in a large group a member without devices is reached by the alarm, or after subscribing", async () => {
    const world = new World(80);
    world.isLarge = true;
    const [online, asking, ...others] = world.ids;
    if (online === undefined || asking === undefined) throw new Error("80 members");
    for (const id of world.ids) world.devices.set(id, id === online);
    world.online.add(online);
    const fanout = world.fanout();
    world.change(fanout);
    await world.until(() => world.has.get(online) === 1);
    fanout.subscribe(asking, false);
    world.change(fanout);
    await world.until(() => world.has.get(asking) === 2 && world.has.get(online) === 2);
    expect(others.some((id) => world.has.has(id))).toBe(false);
    await world.repairAll(fanout);
    expect(world.allKnow).toBe(true);
  });

  test("a member with devices gets each of many changes at once, one without gets the last of them", async () => {
    const world = new World(2);
    const [online, offline] = [itemAt(world.ids, 0), itemAt(world.ids, 1)];
    world.online.add(online);
    const fanout = world.fanout();
    for (const version of [1, 2, 3, 4]) {
      world.change(fanout);
      await world.until(() => world.has.get(online) === version);
    }
    expect(world.calls.filter(({ id }) => id === offline).length).toBeLessThan(4);
    await world.until(() => world.allKnow);
  });

  test("a member whose inbox works again is sent messages with their updates again", async () => {
    const world = new World(1);
    const one = itemAt(world.ids, 0);
    world.connect(one);
    const fanout = world.fanout();
    const change = () => {
      world.change(fanout);
    };
    world.broken.add(one);
    change();
    await world.until(() => world.failures.has(one));
    world.broken.delete(one);
    fanout.subscribe(one, true);
    await world.until(() => world.allKnow);
    change();
    await world.until(() => world.allKnow);
    expect(world.pages.get(one)).not.toBeNull();
  });

  test("members with devices get a message as fast as inboxes answer, without the pace of lists", async () => {
    const world = new World(200);
    world.connect(...world.ids);
    const fanout = world.fanout();
    for (const _ of [1, 2, 3]) {
      const began = Date.now();
      world.change(fanout);
      await world.until(() => world.allKnow);
      expect(Date.now() - began).toBeLessThan(100);
    }
    expect(world.calls.length).toBe(600);
    expect(world.mostForOne).toBe(1);
    expect(world.mostAtOnce).toBeLessThanOrEqual(64);
  });

  test("a member whose devices all focus is called as seldom as one without devices, until one looks back", async () => {
    const world = new World(2);
    world.connect(...world.ids);
    const [live, focused] = [itemAt(world.ids, 0), itemAt(world.ids, 1)];
    world.focused.add(focused);
    const fanout = world.fanout();
    for (const version of range(1, 10)) {
      world.change(fanout);
      await world.until(() => world.has.get(live) === version);
    }
    expect(world.calls.filter(({ id }) => id === focused)).toHaveLength(1);
    world.focused.delete(focused);
    fanout.subscribe(focused, true);
    for (const version of range(11, 15)) {
      world.change(fanout);
      const began = Date.now();
      await world.until(() => world.has.get(focused) === version);
      expect(Date.now() - began).toBeLessThan(100);
    }
  });

  test("members of a crowded group hear of its messages once a second, the last one included", async () => {
    const world = new World(20);
    world.maxLive = 10;
    world.connect(...world.ids);
    const fanout = world.fanout();
    const began = Date.now();
    const talk = setInterval(() => {
      world.change(fanout);
    }, 50);
    await world.until(() => Date.now() - began >= 5_000);
    clearInterval(talk);
    await world.until(() => world.allKnow);
    const most = Math.max(...world.ids.map((id) => world.calls.filter((each) => each.id === id).length));
    expect(most).toBeLessThanOrEqual(7);
    expect(most).toBeGreaterThanOrEqual(5);
  });

  test("while the inboxes of members with devices are slow, no timer asks for them again and again", async () => {
    const world = new World(40);
    world.connect(...world.ids);
    const fanout = world.fanout();
    world.change(fanout);
    await world.until(() => world.allKnow);
    for (const id of world.ids) world.held.set(id, NEVER);
    world.change(fanout);
    const timers = world.countTimers();
    const began = Date.now();
    await world.until(() => Date.now() - began >= timing.liveCalls.slowMs);
    // At most the deadlines of further calls, and few others.
    expect(timers.armed).toBeLessThan(2 * world.ids.length);
  });

  test("what comes while an inbox is called goes to it in one update, as soon as it has answered", async () => {
    const world = new World(1);
    const one = itemAt(world.ids, 0);
    world.connect(one);
    let answer = () => {};
    world.held.set(one, new Promise<void>((resolve) => (answer = resolve)));
    const fanout = world.fanout();
    for (const _ of range(1, 20)) {
      world.change(fanout);
    }
    world.held.delete(one);
    const began = Date.now();
    answer();
    await world.until(() => world.allKnow);
    expect(world.calls).toEqual([
      { id: one, ver: 1 },
      { id: one, ver: 20 },
    ]);
    expect(Date.now() - began).toBeLessThan(10);
  });

  test("inboxes that hang hold up neither other members with devices nor those without", async () => {
    const world = new World(120);
    const [hanging, healthy] = [world.ids.slice(0, 40), world.ids.slice(40)];
    world.connect(...world.ids.slice(0, 110));
    for (const id of hanging) world.held.set(id, NEVER);
    const fanout = world.fanout();
    const began = Date.now();
    world.change(fanout);
    await world.until(() => healthy.every((id) => world.has.get(id) === 1));
    // Each group of eight that hangs counts for a quarter of a second.
    expect(Date.now() - began).toBeLessThan(timing.inboxCalls.callTimeoutMs / 2);
  });

  test("a member who subscribes during a long cooldown gets the next change at once", async () => {
    const world = new World(80);
    world.isLarge = true;
    const fanout = world.fanout();
    const asking = itemAt(world.ids, 0);
    world.change(fanout);
    // No member had devices: each has a cooldown of a minute from now on.
    await world.until(() => world.allKnow);
    fanout.subscribe(asking, true);
    world.change(fanout);
    await world.until(() => world.has.get(asking) === 2);
  });

  test("a member last seen without devices gets no ephemeral events until they subscribe", async () => {
    const world = new World(2);
    const fanout = world.fanout();
    const [online, offline] = [itemAt(world.ids, 0), itemAt(world.ids, 1)];
    world.online.add(online);
    expect(world.ids.map((id) => fanout.mayReceiveEphemeral(id))).toEqual([true, true]);
    world.version = 1;
    await world.during(fanout.deliverNow(world.ids));
    expect(world.ids.map((id) => fanout.mayReceiveEphemeral(id))).toEqual([true, false]);
    // After a while the member's first device may have connected: then one more call finds out.
    vi.setSystemTime(Date.now() + timing.deviceTracker.absentMs);
    expect(fanout.mayReceiveEphemeral(offline)).toBe(true);
    world.isLarge = true;
    expect(fanout.mayReceiveEphemeral(offline)).toBe(false);
    fanout.subscribe(offline, true);
    expect(fanout.mayReceiveEphemeral(offline)).toBe(true);
    // Their device is still connecting: the answer without devices is older than it.
    world.change(fanout);
    await world.until(() => world.has.get(offline) === world.version);
    expect(fanout.mayReceiveEphemeral(offline)).toBe(true);
  });

  test("in a large group an inbox that subscribes for its list comes after those with devices, and counts as without", async () => {
    const world = new World(80);
    world.isLarge = true;
    const online = world.ids.at(-1);
    if (online === undefined) throw new Error("80 members");
    for (const id of world.ids) world.devices.set(id, id === online);
    world.online.add(online);
    const fanout = world.fanout();
    for (const id of world.ids) if (id !== online) fanout.subscribe(id, false);
    world.change(fanout);
    await world.until(() => world.allKnow);
    expect(world.calls[0]).toEqual({ id: online, ver: 1 });
    expect(world.calls.length).toBe(80);
    expect(world.ids.filter((id) => world.devices.get(id))).toEqual([online]);
  });
});

describe("delivery slots", () => {
  test("a repair ends while calls in the slots hang, so that the alarm is free for other jobs", async () => {
    const world = new World(300);
    const fanout = world.fanout();
    let busy = true;
    const talk = setInterval(() => {
      world.version++;
      if (busy) fanout.changed();
    }, 20);
    world.change(fanout);
    expect(await world.repair(fanout)).not.toBeNull();
    busy = false;
    clearInterval(talk);
  });

  test("each silent inbox is called once, and not again before the next change", async () => {
    const world = new World(5);
    for (const id of world.ids) world.held.set(id, NEVER);
    const fanout = world.fanout();
    world.change(fanout);
    expect(await world.repair(fanout)).not.toBeNull();
    expect(world.calls.length).toBeLessThanOrEqual(5);
  });

  test("a failing snapshot counts as a refusal: the object goes on, and other members get theirs", async () => {
    const world = new World(3);
    world.unmade.add(itemAt(world.ids, 0));
    const fanout = world.fanout();
    world.change(fanout);
    await world.until(() => world.has.size === 2);
    await world.during(fanout.deliverNow(world.ids));
    expect(world.calls.length).toBeLessThanOrEqual(4);
  });

  test("a change made while a direct delivery is under way reaches that member too", async () => {
    const world = new World(2);
    const ann = itemAt(world.ids, 0);
    const fanout = world.fanout();
    // Her inbox has just taken an update, so that the slots skip her.
    world.change(fanout);
    await world.until(() => world.has.size === 2);
    let answer = () => {};
    world.held.set(ann, new Promise<void>((resolve) => (answer = resolve)));
    world.version = 2;
    const delivery = fanout.deliverNow([ann]);
    world.change(fanout);
    world.held.delete(ann);
    answer();
    await world.during(delivery);
    await world.until(() => world.has.get(ann) === 3);
  });

  test("in a busy room members with devices share the calls equally, and the others get theirs", async () => {
    const world = new World(30);
    for (const id of world.ids.slice(0, 20)) world.online.add(id);
    const fanout = world.fanout();
    const talk = setInterval(() => {
      world.change(fanout);
    }, 5);
    onTestFinished(() => clearInterval(talk));
    await world.until(() => world.has.size === 30);
    world.calls.length = 0;
    const began = Date.now();
    await world.until(() => Date.now() - began > 3 * timing.fanout.cooldownMs);
    const callsTo = (id: UserId) => world.calls.filter((call) => call.id === id).length;
    const [online, others] = [world.ids.slice(0, 20).map(callsTo), world.ids.slice(20).map(callsTo)];
    expect(Math.min(...online)).toBeGreaterThan(0.8 * Math.max(...online));
    // One update in each cooldown.
    expect(Math.min(...others)).toBeGreaterThanOrEqual(2);
    expect(Math.max(...others)).toBeLessThanOrEqual(4);
  });

  test("inboxes that were silent before no longer delay the others", async () => {
    const world = new World(20);
    for (const id of world.ids) world.online.add(id);
    const [silent, others] = [world.ids.slice(0, 6), world.ids.slice(6)];
    const fanout = world.fanout();
    world.change(fanout);
    await world.until(() => world.allKnow && world.has.size === 20);
    for (const id of silent) world.held.set(id, NEVER);
    const talk = setInterval(() => {
      world.change(fanout);
    }, 50);
    onTestFinished(() => clearInterval(talk));
    // All were called in vain, and some are called again.
    const asked = () => world.calls.filter(({ id, ver }) => ver > 1 && silent.includes(id)).length;
    await world.until(() => asked() > silent.length + 3);
    const began = Date.now();
    for (let round = 0; round < 10; round++) {
      const { version } = world;
      await world.until(() => others.every((id) => (world.has.get(id) ?? 0) > version));
    }
    // No member has waited for one of those called again.
    expect(Date.now() - began).toBeLessThan(timing.inboxCalls.callTimeoutMs);
  });
});

describe("repair", () => {
  let ann: SignedIn;
  let bob: SignedIn;

  beforeAll(async () => {
    const registered = await registerUsers(2);
    ann = itemAt(registered, 0);
    bob = itemAt(registered, 1);
  });

  /** The first conversation of a user's list. */
  async function first({ token }: SignedIn): Promise<unknown> {
    const { body } = await call("GET", "/v1/conversations?limit=1", { token });
    return body;
  }

  /** Runs the alarm of a conversation with all its jobs due, until none is left. */
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

  test("after a quiet time neither a fan-out job nor a retry marker is left", async () => {
    overrideTiming({ fanout: { cooldownMs: 10 } });
    const id = await createGroupId(ann, bob);
    for (const i of range(1, 3)) await postText(id, ann, `${i}`);
    await repaired(id);
    await evictDurableObject(conversationObject(id));
    await postText(id, ann, "4");
    await repaired(id);
    expect(await first(bob)).toMatchObject({ items: [{ id, last_seq: 4, unread_count: 4 }] });
  });

  test("the alarm delivers what a crash left undelivered: a marker without delivered inboxes", async () => {
    overrideTiming({ fanout: { cooldownMs: 10 } });
    const id = await createGroupId(ann, bob);
    await postText(id, ann, "known");
    await repaired(id);
    const socket = await openRoom(id, ann.token);
    socket.send(textFrame("stored", "c"));
    await socket.next("ack");
    // As if the object had crashed before any inbox update arrived: the marker stands, the inboxes know
    // nothing.
    await untilCheckpoint(id);
    await runInDurableObject(conversationObject(id), (_, { storage }) => {
      storage.sql.exec("DELETE FROM fanout_checkpoint");
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
});
