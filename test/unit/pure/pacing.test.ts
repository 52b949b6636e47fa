import { afterEach, beforeEach, expect, test, vi } from "vitest";
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
