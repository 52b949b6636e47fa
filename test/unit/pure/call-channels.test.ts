import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { CallChannels } from "../../../src/object/calls/call-channels.ts";

const TIMING = { idleMs: 500, maxAgeMs: 20_000 };

beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
afterEach(() => void vi.useRealTimers());

/** The end of a channel, and whether it is closed. */
class End implements Disposable {
  isClosed = false;

  [Symbol.dispose](): void {
    this.isClosed = true;
  }
}

/** Calls to one object, and the channels to it. */
class Calls {
  readonly ends: End[] = [];
  readonly #channels = new CallChannels<number>(() => this.#open(), TIMING);
  /** the object is of a release without channels */
  isOld = false;

  async #open(): Promise<End> {
    if (this.isOld) throw new Error("there is no such call");
    const end = new End();
    this.ends.push(end);
    return end;
  }

  /** @returns the number of the channel over which a call was answered; 0: none */
  call(perform: (end: End) => Promise<void> = async () => undefined): Promise<number> {
    const over = async (end: object) => {
      if (!(end instanceof End)) throw new Error("the end is one that was opened");
      await perform(end);
      return this.ends.indexOf(end) + 1;
    };
    return this.#channels.call(1, over, async () => 0);
  }

  get open(): number {
    return this.ends.filter(({ isClosed }) => !isClosed).length;
  }
}

test("calls that follow each other go over one channel, from the second one on", async () => {
  const calls = new Calls();
  const over: number[] = [];
  for (let i = 0; i < 5; i++) {
    over.push(await calls.call());
    await vi.advanceTimersByTimeAsync(TIMING.idleMs - 1);
  }
  expect(over).toEqual([0, 1, 1, 1, 1]);
});

test("calls with pauses have no channel", async () => {
  const calls = new Calls();
  for (let i = 0; i < 5; i++) {
    expect(await calls.call()).toBe(0);
    await vi.advanceTimersByTimeAsync(TIMING.idleMs);
  }
  expect(calls.ends).toEqual([]);
  expect(vi.getTimerCount()).toBe(0);
});

test("a channel that nobody uses is closed, and leaves no timer", async () => {
  const calls = new Calls();
  await calls.call();
  await calls.call();
  expect(calls.open).toBe(1);
  await vi.advanceTimersByTimeAsync(2 * TIMING.idleMs);
  expect(calls.open).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("a channel that nobody uses is closed although the clock was put back", async () => {
  const calls = new Calls();
  await calls.call();
  await calls.call();
  vi.setSystemTime(Date.now() - 60_000);
  await vi.advanceTimersByTimeAsync(2 * TIMING.idleMs);
  expect(calls.open).toBe(0);
});

test("a call that fails over its channel is made without it, and the next one too", async () => {
  const calls = new Calls();
  await calls.call();
  await calls.call();
  expect(await calls.call(() => Promise.reject(new Error("the object started anew")))).toBe(0);
  expect(calls.open).toBe(0);
  expect([await calls.call(), await calls.call()]).toEqual([0, 2]);
});

test("a channel that cannot be opened fails no call", async () => {
  const calls = new Calls();
  calls.isOld = true;
  expect([await calls.call(), await calls.call(), await calls.call()]).toEqual([0, 0, 0]);
});

test("beside a call that hangs others go without the channel, which its answer frees", async () => {
  const calls = new Calls();
  await calls.call();
  let answer = () => {};
  const hanging = calls.call(() => new Promise((resolve) => (answer = resolve)));
  expect([await calls.call(), await calls.call()]).toEqual([0, 0]);
  await vi.advanceTimersByTimeAsync(10 * TIMING.idleMs);
  expect(calls.open).toBe(1);
  answer();
  expect([await hanging, await calls.call()]).toEqual([1, 1]);
});

test("an old channel is replaced", async () => {
  const calls = new Calls();
  await calls.call();
  const over = new Set<number>();
  for (let ms = 0; ms <= TIMING.maxAgeMs; ms += 100) {
    over.add(await calls.call());
    await vi.advanceTimersByTimeAsync(100);
  }
  expect([...over]).toEqual([1, 2]);
  expect(calls.open).toBe(1);
});
