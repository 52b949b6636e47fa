import { expect, test } from "vitest";
import { SendBatches } from "../../../../src/object/batches/send-batches.ts";
import { advanceClock, freezeClock } from "../../../support/clock.ts";
import { ManualTurns } from "../../../support/objects/manual-turns.ts";

const CONFIRM_MS = 400;

/** One call after the other for the sends of one key. */
class Calls {
  readonly #batches = new SendBatches<string>({ confirmMs: CONFIRM_MS });
  readonly taken: (readonly string[])[] = [];
  /** whether each batch was said to follow others of one frame each */
  readonly followSingles: boolean[] = [];
  #last = Promise.resolve();

  /** @returns when the sends' call has them */
  send(...sends: string[]): Promise<void> {
    const batch = this.#batches.add("key", sends);
    if (!batch) return this.#last;
    const take = async () => {
      this.followSingles.push(await this.#batches.take("key", batch));
      this.taken.push(batch);
    };
    this.#last = this.#last.then(take);
    return this.#last;
  }

  get sizes(): number[] {
    return this.taken.map(({ length }) => length);
  }
}

/** Lets all promises resolve that wait for no timer. */
async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

/** Makes two calls with three frames each: the next batch is no probe. */
async function twoCallsOfThree(calls: Calls, turns: ManualTurns): Promise<void> {
  for (let call = 0; call < 2; call++) {
    for (const send of ["x", "y", "z"]) void calls.send(send);
    await settled();
    turns.turn();
    await settled();
  }
  expect(calls.sizes).toEqual([3, 3]);
}

test("a batch waits for as many frames as the last ones had, and its call begins with the last of them", async () => {
  using turns = new ManualTurns();
  const calls = new Calls();
  await twoCallsOfThree(calls, turns);
  void calls.send("a");
  await settled();
  void calls.send("b");
  await settled();
  expect(calls.sizes).toEqual([3, 3]);
  void calls.send("c");
  await settled();
  expect(calls.taken.at(-1)).toEqual(["a", "b", "c"]);
  expect(turns.waiting).toBe(0);
});

test("a batch whose further frames do not come waits for a turn without any", async () => {
  using turns = new ManualTurns();
  const calls = new Calls();
  await twoCallsOfThree(calls, turns);
  void calls.send("a");
  await settled();
  turns.turn();
  await settled();
  expect(calls.taken.at(-1)).toEqual(["a"]);
});

test("frames that come one by one wait for nobody, however many sends they have", async () => {
  using turns = new ManualTurns();
  const calls = new Calls();
  for (const frame of ["a", "bcd", "efghij", "k"]) await calls.send(...frame);
  expect(calls.sizes).toEqual([1, 3, 6, 1]);
  expect(turns.waiting).toBe(0);
});

test("a full batch waits for no further frame", async () => {
  using turns = new ManualTurns();
  const calls = new Calls();
  await twoCallsOfThree(calls, turns);
  const frame = Array.from({ length: 60 }, (_, i) => `${i}`);
  void calls.send(...frame);
  await settled();
  expect(calls.sizes).toEqual([3, 3]);
  void calls.send(...frame);
  await settled();
  expect(calls.sizes).toEqual([3, 3, 60]);
  turns.turn();
  await settled();
  expect(calls.sizes).toEqual([3, 3, 60, 60]);
});

test("sends past 100 wait for the next batch", async () => {
  const calls = new Calls();
  const sends = Array.from({ length: 110 }, (_, i) => `${i}`);
  const frames = [sends.slice(0, 60), sends.slice(60, 100), sends.slice(100)];
  await Promise.all(frames.map((frame) => calls.send(...frame)));
  expect(calls.sizes).toEqual([100, 10]);
  expect(calls.taken.flat()).toEqual(sends);
});

test("frames that come one by one are said to, from the second on", async () => {
  using _ = new ManualTurns();
  freezeClock();
  const calls = new Calls();
  for (const frame of ["a", "bcd", "e"]) await calls.send(...frame);
  expect(calls.followSingles).toEqual([false, true, true]);
});

test("a frame that meets another one does not come alone, nor do those soon after it", async () => {
  using turns = new ManualTurns();
  freezeClock();
  const calls = new Calls();
  await calls.send("a");
  void calls.send("b");
  await calls.send("c");
  void calls.send("d");
  await settled();
  turns.turn();
  await settled();
  expect(calls.sizes).toEqual([1, 2, 1]);
  expect(calls.followSingles).toEqual([false, false, false]);
});

test("a frame that comes after a pause does not follow others", async () => {
  using _ = new ManualTurns();
  freezeClock();
  const calls = new Calls();
  for (const frame of ["a", "b"]) await calls.send(frame);
  advanceClock(CONFIRM_MS);
  for (const frame of ["c", "d"]) await calls.send(frame);
  expect(calls.followSingles).toEqual([false, true, false, true]);
});
