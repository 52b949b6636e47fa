import { beforeAll, expect, test } from "vitest";
import { signedInUsers } from "../support/accounts/users.ts";
import type { SignedIn } from "../support/clients/api.ts";
import { eventually } from "../support/eventually.ts";
import { itemAt, range } from "../support/objects/room.ts";
import { sampledPairs } from "../support/sampled-cases.ts";
import type { Driver } from "../support/surfaces/driver.ts";
import { setTiming } from "../support/timing.ts";
import { DRIVERS } from "./drivers.ts";
import { v1 } from "./v1/driver.ts";

// A short cooldown brings the list up to date at once; each poll of it costs a call.
beforeAll(() => setTiming({ fanout: { cooldownMs: 10 } }));

type Call = Exclude<keyof Driver, "name">;

/**
 * Each API with one, and with `EVERY_CASE` with each: one user calls the first, the other user the second. An
 * API without any of the story's calls is left out there: all would go over v1, which has its own pairs.
 */
function pairs(first: Call[], second: Call[]): { one: Driver; other: Driver }[] {
  const having = (calls: Call[]) => DRIVERS.filter((driver) => calls.some((call) => driver[call]));
  return sampledPairs(having(first), having(second)).map(([one, other]) => ({ one, other }));
}

/** The driver's calls, with v1's where it has none. */
function over(driver: Driver): Required<Driver> {
  return { ...v1, ...driver };
}

async function trio(): Promise<[SignedIn, SignedIn, SignedIn]> {
  const three = await signedInUsers(3);
  return [itemAt(three, 0), itemAt(three, 1), itemAt(three, 2)];
}

const TALKING: Call[] = ["open", "send", "history", "unread", "search", "hide"];

test.each(pairs([...TALKING, "read", "revoke"], TALKING))(
  "two people talk over $one.name and $other.name",
  async ({ one, other }) => {
    const [a, b] = [over(one), over(other)];
    const [ann, bob, cas] = await trio();
    const id = await a.open(ann, bob);
    expect(await b.open(bob, ann)).toBe(id);
    expect(await b.history(bob, id)).toEqual([]);

    await a.send(ann, id, "吃了吗？");
    expect(await b.unread(bob, id)).toBe(1);
    await b.send(bob, id, "Not yet. 你呢？");
    expect([await a.unread(ann, id), await b.unread(bob, id)]).toEqual([1, 0]);
    await a.read(ann, id, 2);
    expect(await a.unread(ann, id)).toBe(0);
    const [first, second] = [
      { seq: 1, by: ann.user.id, text: "吃了吗？" },
      { seq: 2, by: bob.user.id, text: "Not yet. 你呢？" },
    ];
    expect(await a.history(ann, id)).toEqual([first, second]);
    expect(await b.history(bob, id)).toEqual([first, second]);
    expect(await b.search(bob, id, "吃了")).toEqual([first]);
    expect(await a.search(ann, id, "not YET")).toEqual([second]);

    await a.hide(ann, id, 2);
    expect([await a.history(ann, id), await a.search(ann, id, "yet")]).toEqual([[first], []]);
    expect(await b.history(bob, id)).toEqual([first, second]);
    await expect(a.revoke(ann, id, 2), "what another one said").rejects.toThrow();
    await a.revoke(ann, id, 1);
    expect([await b.history(bob, id), await b.search(bob, id, "吃了")]).toEqual([[second], []]);
    expect(await v1.history(ann, id)).toEqual([]);

    for (const surface of [a, b]) {
      await expect(surface.history(cas, id), surface.name).rejects.toThrow();
      await expect(surface.send(cas, id, "hello?"), surface.name).rejects.toThrow();
      await expect(surface.hide(cas, id, 2), surface.name).rejects.toThrow();
    }
    await a.send(ann, id, "still here");
    expect((await b.history(bob, id)).map(({ text }) => text)).toEqual(["Not yet. 你呢？", "still here"]);
  },
);

test.each(DRIVERS.filter((driver) => driver.open))(
  "opening a conversation that exists uses up no id, over $name",
  async (driver) => {
    const surface = over(driver);
    const [ann, bob, cas] = await trio();
    const id = await surface.open(ann, bob);
    for (let i = 0; i < 5; i++) {
      expect(await surface.open(ann, bob)).toBe(id);
      expect(await surface.open(bob, ann)).toBe(id);
    }
    expect(await Promise.all(range(1, 10).map(() => surface.open(ann, bob)))).toEqual(
      range(1, 10).map(() => id),
    );
    expect(await v1.open(ann, cas)).toBe(id + 1);
  },
);

test.each(DRIVERS.filter((driver) => driver.revoke || driver.hide))(
  "who hides their own message can still revoke it, over $name",
  async (driver) => {
    const surface = over(driver);
    const [ann, bob] = await trio();
    const id = await surface.open(ann, bob);
    await surface.send(ann, id, "mine");
    await surface.send(bob, id, "yours");
    for (const seq of [1, 2]) await surface.hide(ann, id, seq);
    await surface.revoke(ann, id, 1);
    await expect(surface.revoke(ann, id, 2), "what another one said").rejects.toThrow();
    expect(await surface.history(bob, id)).toMatchObject([{ text: "yours" }]);
    expect(await surface.history(ann, id)).toEqual([]);
  },
);

test.each(pairs(["group", "send", "history", "revoke"], ["send", "history", "unread", "revoke"]))(
  "three people in a group, over $one.name and $other.name",
  async ({ one, other }) => {
    const [a, b] = [over(one), over(other)];
    const [ann, bob, cas] = await trio();
    const id = await a.group(ann, [bob, cas], "一起吃饭");
    const texts = async (surface: Required<Driver>, who: SignedIn) =>
      (await surface.history(who, id)).map(({ text }) => text);
    await a.send(ann, id, "一");
    await b.send(bob, id, "二");
    await a.send(ann, id, "三");
    // Lists of groups are updated a little later.
    await eventually(async () => expect(await b.unread(cas, id)).toBe(3));
    await eventually(async () => expect(await b.unread(bob, id)).toBe(1));
    for (const [surface, who] of [
      [a, ann],
      [b, bob],
      [b, cas],
      [a, cas],
    ] as const) {
      expect(await texts(surface, who), surface.name).toEqual(["一", "二", "三"]);
    }
    const { seq } = itemAt(await b.history(bob, id), 1);
    await a.revoke(ann, id, seq);
    expect(await texts(b, bob), "the owner takes back what a member said").toEqual(["一", "三"]);
    await expect(b.revoke(cas, id, seq - 1), "a member does not").rejects.toThrow();
  },
);

test.each(pairs(["setFlag", "flag"], ["setFlag", "flag"]))(
  "flags belong to one member, over $one.name and $other.name",
  async ({ one, other }) => {
    const [a, b] = [over(one), over(other)];
    const [ann, bob] = await trio();
    const id = await a.open(ann, bob);
    // An empty conversation is only in the list of who has opened it.
    await v1.open(bob, ann);
    for (const flag of ["sticky", "silent", "validation"] as const) {
      await a.setFlag(ann, id, flag, true);
      expect([await b.flag(ann, id, flag), await b.flag(bob, id, flag)], flag).toEqual([true, false]);
      await b.setFlag(ann, id, flag, false);
      expect(await a.flag(ann, id, flag), flag).toBe(false);
    }
  },
);

test.each(pairs(["clear", "history", "unread"], ["send", "history"]))(
  "a conversation that one user deletes stays the other's, over $one.name and $other.name",
  async ({ one, other }) => {
    const [a, b] = [over(one), over(other)];
    const [ann, bob] = await trio();
    const id = await v1.open(ann, bob);
    await b.send(bob, id, "before");
    await a.clear(ann, id);
    expect([await b.history(ann, id), await b.history(bob, id)]).toMatchObject([[], [{ text: "before" }]]);
    await b.send(bob, id, "after");
    expect(await a.unread(ann, id)).toBe(1);
    expect(await a.history(ann, id)).toMatchObject([{ text: "after" }]);
  },
);
