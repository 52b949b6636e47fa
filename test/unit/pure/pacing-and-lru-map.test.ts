import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { PostRate } from "../../../src/conversation/incoming-hooks/post-rate.ts";
import { IncomingHookId } from "../../../src/domain/ids.ts";
import { LIMITS } from "../../../src/domain/limits.ts";
import { LruMap } from "../../../src/lib/lru-map.ts";
import { Pacer } from "../../../src/object/pacer.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

/**
 * How many of `count` calls had their turn at each of these times, in ms. A timer without delay takes 1 ms.
 */
async function turns(pace: Pacer, count: number, times: number[]): Promise<number[]> {
  let had = 0;
  const began = Date.now();
  const all = (async () => {
    for (let i = 0; i < count; i++) {
      await pace.next();
      had++;
    }
  })();
  const counted: number[] = [];
  for (const time of times) {
    await vi.advanceTimersByTimeAsync(began + time - Date.now());
    counted.push(had);
  }
  await vi.runAllTimersAsync();
  await all;
  return counted;
}

test("a burst passes at once, the rest at the rate per second", async () => {
  const pace = new Pacer({ perSecond: 200, burst: 50 });
  expect(await turns(pace, 300, [49, 500, 1_000, 1_250])).toEqual([50, 150, 250, 300]);
});

test("after a quiet time only one burst passes", async () => {
  const pace = new Pacer({ perSecond: 200, burst: 50 });
  await turns(pace, 100, [0]);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(await turns(pace, 60, [49, 100])).toEqual([50, 60]);
});

test("a clock that goes back neither stops nor adds tokens", async () => {
  const pace = new Pacer({ perSecond: 200, burst: 50 });
  await turns(pace, 50, [0]);
  vi.setSystemTime(Date.now() - 3_600_000);
  expect(await turns(pace, 10, [0, 50])).toEqual([0, 10]);
});

test("a new entry replaces the one that was used longest ago", () => {
  let capacity = 2;
  const map = new LruMap<string, { name: string }>(() => capacity);
  for (const name of ["a", "b"]) map.set(name, { name });
  expect(map.get("a")).toEqual({ name: "a" });
  map.set("c", { name: "c" });
  expect(["a", "b", "c"].map((name) => map.has(name))).toEqual([true, false, true]);
  // Neither look is a use.
  expect(map.peek("a")).toEqual({ name: "a" });
  map.set("e", { name: "e" });
  expect(["a", "c", "e"].map((name) => map.has(name))).toEqual([false, true, true]);
  expect(map.peek("a")).toBeUndefined();
  capacity = 1;
  map.set("d", { name: "d" });
  expect([...map.entries()].map(([name]) => name)).toEqual(["d"]);
});

test("a hook takes the messages of a post all or none", async () => {
  const rate = new PostRate({ rateLimits: true });
  const hook = IncomingHookId.parse("7-9b1c0e7d5a3f4826");
  expect(rate.take(hook, LIMITS.hookBurst - 2)).toBe(true);
  expect(rate.take(hook, 3)).toBe(false);
  expect(rate.take(hook, 2)).toBe(true);
  expect(rate.take(hook)).toBe(false);
  // What is known already takes nothing.
  expect(rate.take(hook, 0)).toBe(true);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(rate.take(hook, LIMITS.hookPostsPerSecond)).toBe(true);
});
