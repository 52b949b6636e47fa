import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { beforeAll, describe, expect, test } from "vitest";
import { ConversationId } from "../../../src/domain/ids.ts";
import { expectProblem, register, type SignedIn } from "../../support/clients/api.ts";
import {
  ask,
  createGroup,
  deleteMessage,
  openDirect,
  page,
  send,
  sendAll,
} from "../../support/clients/chat.ts";
import { conversationObject } from "../../support/objects/room.ts";
import { perRun, sampledCases } from "../../support/sampled-cases.ts";

let ann: SignedIn;
let bob: SignedIn;

beforeAll(async () => {
  [ann, bob] = await Promise.all([register(), register()]);
});

/** The time of the first message in these tests, in ms. */
const DAY = 1_700_000_000_000;

/** A direct conversation with messages of these times, in ms after `DAY`. Their seqs are 1, 2, 3 … */
async function withTimes(times: number[]): Promise<number> {
  const { id } = await openDirect(await register(), bob);
  await sendAll(bob, id, times.map(String));
  await setTimes(id, times);
  return id;
}

async function setTimes(id: number, times: number[]): Promise<void> {
  const stub = conversationObject(ConversationId.parse(id));
  await runInDurableObject(stub, (_, { storage }) => {
    for (const [i, time] of times.entries())
      storage.sql.exec("UPDATE messages SET created_at = ? WHERE seq = ?", DAY + time, i + 1);
  });
  await evictDurableObject(stub);
}

/** A page from a time on: its seqs, whether there are later messages, and whether there are earlier ones. */
async function from(who: SignedIn, id: number, time: number, query = "") {
  const { items, has_more, has_earlier } = await page(who, id, `?at=${time}${query}`);
  return [items.map(({ seq }) => seq), has_more, has_earlier];
}

describe("a page from a time on", () => {
  test("begins at the first message that is not older", async () => {
    const id = await withTimes([0, 10, 10, 10, 20, 30]);
    const of = (time: number, query = "") => from(bob, id, DAY + time, query);
    expect(await of(-1)).toEqual([[1, 2, 3, 4, 5, 6], false, false]);
    expect(await of(0)).toEqual([[1, 2, 3, 4, 5, 6], false, false]);
    expect(await of(1)).toEqual([[2, 3, 4, 5, 6], false, true]);
    expect(await of(10, "&limit=2")).toEqual([[2, 3], true, true]);
    expect(await of(11)).toEqual([[5, 6], false, true]);
    expect(await of(20, "&limit=1")).toEqual([[5], true, true]);
    expect(await of(21)).toEqual([[6], false, true]);
    expect(await of(30)).toEqual([[6], false, true]);
    expect(await of(31)).toEqual([[], false, true]);
    expect(await from(bob, id, 0, "&limit=1")).toEqual([[1], true, false]);
    expect(await from(bob, id, Number.MAX_SAFE_INTEGER)).toEqual([[], false, true]);
  });

  test.each(sampledCases([1, 2, 3, 7, 8, 9], perRun(2, 6)))(
    "is right for each time in a log of %i",
    async (length) => {
      const times = Array.from({ length }, (_, i) => 10 * Math.floor(i / 2));
      const id = await withTimes(times);
      for (let time = -5; time <= 10 * length; time += 5) {
        const expected = times.flatMap((at, i) => (at >= time ? [i + 1] : []));
        expect(await from(bob, id, DAY + time)).toEqual([expected, false, expected.length < length]);
      }
    },
  );

  test("can be continued in both directions", async () => {
    const id = await withTimes([0, 1, 2, 3, 4, 5, 6]);
    const { items } = await page(bob, id, `?at=${DAY + 3}&limit=2`);
    expect(items.map(({ seq }) => seq)).toEqual([4, 5]);
    const later = await page(bob, id, "?after=5");
    const earlier = await page(bob, id, "?before=4");
    expect([...earlier.items, ...items, ...later.items].map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  test("of an empty conversation is empty", async () => {
    const { id } = await openDirect(await register(), ann);
    expect(await from(ann, id, DAY)).toEqual([[], false, false]);
  });

  test("has only what the reader sees", async () => {
    const { id } = await createGroup(ann, [bob]);
    await sendAll(ann, id, ["1", "2", "3", "4"]);
    await setTimes(id, [0, 10, 20, 30]);
    await deleteMessage(bob, id, 1, "me");
    await deleteMessage(bob, id, 2, "me");
    await deleteMessage(ann, id, 3, "everyone");
    expect(await from(bob, id, DAY)).toEqual([[3, 4], false, false]);
    expect(await from(bob, id, DAY + 15)).toEqual([[3, 4], false, false]);
    expect(await from(ann, id, DAY + 15)).toEqual([[3, 4], false, true]);
    // Who comes later sees nothing from before, whatever the date.
    const cem = await register();
    await ask(ann, id, "POST", "/members", { user_ids: [cem.user.id] });
    const { seq } = await send(ann, id, "welcome");
    expect(await from(cem, id, DAY)).toEqual([[seq - 1, seq], false, false]);
  });

  test("excludes other bounds, and needs a time", async () => {
    const id = await withTimes([0]);
    const wrong = ["at=", "at=-1", "at=1.5", "at=x", "at=1e3", "at=99999999999999999", "at=2026-11-22"];
    for (const query of [
      ...wrong,
      "at=1&before=3",
      "at=1&after=0",
      "at=1&before=3&after=0",
      "at=1&limit=0",
    ]) {
      const answer = await ask(bob, id, "GET", `/messages?${query}`);
      expectProblem(answer, 400, "validation_failed");
    }
    const { token } = await register();
    const answer = await ask({ token }, id, "GET", "/messages?at=1");
    expectProblem(answer, 404, "not_found");
  });

  test("alone tells of earlier messages: other pages have the fields that they had", async () => {
    const id = await withTimes([0, 1]);
    expect(Object.keys(await page(bob, id))).toEqual(["items", "has_more", "last_seq", "rev"]);
    expect(Object.keys(await page(bob, id, "?after=0"))).toEqual(["items", "has_more"]);
  });
});
