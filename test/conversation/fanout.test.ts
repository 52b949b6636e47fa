import { expect, test } from "vitest";
import { Fanout } from "../../src/conversation/fanout.ts";
import type { Bump } from "../../src/core/bump.ts";
import { ConversationId, Position, UserId } from "../../src/core/ids.ts";
import type { Inboxes } from "../../src/core/ports.ts";
import { range } from "../support/room.ts";

type Told = ConstructorParameters<typeof Fanout>[0];
type Note = ConstructorParameters<typeof Fanout>[2];

/** A conversation, the inboxes of its members and the note in storage, all in memory. */
class World {
  version = 0;
  noteStands = false;
  readonly ids: UserId[];
  /** the newest version each inbox has */
  readonly has = new Map<UserId, number>();
  readonly calls: { id: UserId; ver: number }[] = [];
  readonly underWay = new Map<UserId, number>();
  mostAtOnce = 0;
  mostForOne = 0;
  readonly broken = new Set<UserId>();
  #wake: () => void = () => undefined;

  constructor(members: number) {
    this.ids = range(100_000, 100_000 + members - 1).map((id) => UserId.parse(id));
  }

  fanout(): Fanout {
    const told: Told = {
      ids: () => this.ids,
      version: () => this.version,
      bump: () => this.#bump(),
    };
    const inboxes: Inboxes = {
      bump: (id, bump) => this.#take(id, bump),
      register: () => Promise.reject(new Error("not asked here")),
      unregister: () => Promise.reject(new Error("not asked here")),
    };
    const note: Note = {
      exists: () => this.noteStands,
      write: () => {
        this.noteStands = true;
      },
      erase: () => {
        this.noteStands = false;
        this.#wake();
      },
    };
    return new Fanout(told, inboxes, note);
  }

  /** Resolves once `holds`, looked at whenever an inbox was told and when the note is erased. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Whether all but the broken know the newest. */
  get allKnow(): boolean {
    return this.ids.every((id) => this.broken.has(id) || this.has.get(id) === this.version);
  }

  #bump(): Bump {
    const zero = Position.parse(0);
    const standing = { visibleFrom: zero, lastSeq: zero, lastN: 0, readSeq: zero, readN: 0, memberCount: 1 };
    const conversationId = ConversationId.parse(1);
    return { conversationId, ver: this.version, state: "active", ...standing, preview: null, updatedAt: 0 };
  }

  async #take(id: UserId, { ver }: Bump): Promise<void> {
    this.calls.push({ id, ver });
    this.underWay.set(id, (this.underWay.get(id) ?? 0) + 1);
    const all = [...this.underWay.values()];
    this.mostAtOnce = Math.max(
      this.mostAtOnce,
      all.reduce((sum, count) => sum + count, 0),
    );
    this.mostForOne = Math.max(this.mostForOne, ...all);
    await new Promise((resolve) => setTimeout(resolve, 0));
    this.underWay.set(id, (this.underWay.get(id) ?? 0) - 1);
    if (this.broken.has(id)) {
      this.#wake();
      throw new Error("this inbox is not reached");
    }
    this.has.set(id, Math.max(ver, this.has.get(id) ?? -1));
    this.#wake();
  }
}

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
