import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { SendBatches } from "../../../../src/inbox/devices/send-batches.ts";

let clock: number;

beforeEach(() => {
  clock = 1_000_000;
  vi.spyOn(Date, "now").mockImplementation(() => clock);
});
afterEach(() => void vi.restoreAllMocks());

/** One call after the other for the sends of one key. */
class Calls {
  readonly #batches = new SendBatches<string>();
  readonly taken: (readonly string[])[] = [];
  #last = Promise.resolve();

  /** @returns when the sends' call has them */
  send(...sends: string[]): Promise<void> {
    const batch = this.#batches.add("key", sends);
    if (!batch) return this.#last;
    const take = async () => {
      await this.#batches.take("key", batch);
      this.taken.push(batch);
    };
    this.#last = this.#last.then(take);
    return this.#last;
  }

  get sizes(): number[] {
    return this.taken.map(({ length }) => length);
  }
}

test("a small batch after a larger one takes along what comes in the same turn", async () => {
  const calls = new Calls();
  await calls.send("1", "2", "3");
  const taken = calls.send("4");
  await Promise.resolve();
  void calls.send("5", "6");
  await taken;
  expect(calls.taken).toEqual([
    ["1", "2", "3"],
    ["4", "5", "6"],
  ]);
});

test("a batch waits for one turn at most, and none after a batch that was no larger", async () => {
  const calls = new Calls();
  await calls.send("1", "2", "3");
  using timers = vi.spyOn(globalThis, "setTimeout");
  await calls.send("4");
  expect(timers.mock.calls.map(([, ms]) => ms)).toEqual([0]);
  await calls.send("5");
  await calls.send("6", "7");
  expect(timers).toHaveBeenCalledTimes(1);
  expect(calls.sizes).toEqual([3, 1, 1, 2]);
});

test("a batch of three waits for nobody, however large the last one was", async () => {
  const calls = new Calls();
  await calls.send(..."abcdefgh");
  using timers = vi.spyOn(globalThis, "setTimeout");
  await calls.send("i", "j", "k");
  expect(timers).not.toHaveBeenCalled();
});

test("a send that comes a second after a large batch waits for nobody", async () => {
  const calls = new Calls();
  await calls.send("1", "2", "3");
  clock += 1_000;
  using timers = vi.spyOn(globalThis, "setTimeout");
  await calls.send("4");
  expect(timers).not.toHaveBeenCalled();
});

test("sends past 100 wait for the next batch", async () => {
  const calls = new Calls();
  const sends = Array.from({ length: 110 }, (_, i) => `${i}`);
  const frames = [sends.slice(0, 60), sends.slice(60, 100), sends.slice(100)];
  await Promise.all(frames.map((frame) => calls.send(...frame)));
  expect(calls.sizes).toEqual([100, 10]);
  expect(calls.taken.flat()).toEqual(sends);
});
