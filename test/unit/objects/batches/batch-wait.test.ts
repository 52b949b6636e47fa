import { expect, test } from "vitest";
import { BatchWait } from "../../../../src/object/batches/batch-wait.ts";
import { ManualTurns } from "../../../support/objects/manual-turns.ts";
import { range } from "../../../support/objects/room.ts";

/** A queue whose batches wait, as a send queue has it. */
class Queue {
  readonly wait = new BatchWait();
  /** the sizes of the batches that have ended */
  readonly ended: number[] = [];
  #arrivals = 0;

  arrive(count = 1): void {
    for (const _ of range(1, count)) {
      this.#arrivals++;
      if (this.wait.isOpen) this.wait.add();
      else if (!this.wait.begin(1, this.#end)) this.#end();
    }
  }

  /** Takes a batch of this size, which arrives in one turn. */
  batch(count: number, turns: ManualTurns): void {
    if (!this.wait.isOpen) this.wait.beginTurn(this.#end);
    this.arrive(count);
    if (this.wait.isOpen) turns.turn();
    expect(this.ended.at(-1)).toBe(count);
  }

  readonly #end = () => {
    this.ended.push(this.#arrivals);
    this.#arrivals = 0;
  };
}

/** A queue that knows batches of this size, and is between two probes. */
function queueOf(size: number, turns: ManualTurns): Queue {
  const queue = new Queue();
  queue.batch(size, turns);
  queue.batch(size, turns);
  queue.ended.length = 0;
  return queue;
}

test("arrivals that come one by one wait for nobody", () => {
  using turns = new ManualTurns();
  const queue = new Queue();
  queue.arrive(20);
  expect(queue.ended).toEqual(Array(20).fill(1));
  expect(turns.waiting).toBe(0);
});

test("a batch ends with as many arrivals as the largest one before, in the turn of the last of them", () => {
  using turns = new ManualTurns();
  const queue = queueOf(5, turns);
  queue.arrive(4);
  expect(queue.ended).toEqual([]);
  queue.arrive();
  expect(queue.ended).toEqual([5]);
  expect(turns.waiting).toBe(0);
});

test("a batch waits while turns bring arrivals, and for four turns at most", () => {
  using turns = new ManualTurns();
  const queue = queueOf(30, turns);
  queue.arrive(3);
  turns.turn();
  expect(queue.ended).toEqual([]);
  turns.turn();
  expect(queue.ended).toEqual([3]);
  queue.arrive();
  for (const _ of range(1, 3)) {
    queue.arrive();
    turns.turn();
    expect(queue.ended).toEqual([3]);
  }
  queue.arrive();
  turns.turn();
  expect(queue.ended).toEqual([3, 5]);
  expect(turns.waiting).toBe(0);
});

test("a batch of 32 waits for no further turn", () => {
  using turns = new ManualTurns();
  const queue = queueOf(100, turns);
  queue.arrive(32);
  expect(queue.ended).toEqual([]);
  turns.turn();
  expect(queue.ended).toEqual([32]);
});

test("a probe finds the arrivals that come too late for each batch", () => {
  using turns = new ManualTurns();
  const queue = queueOf(3, turns);
  // Four clients that send again as soon as they are answered: one of them just missed the last batch.
  let late = 1;
  for (const _ of range(1, 6)) {
    queue.arrive(late);
    queue.arrive(4 - late);
    late = queue.wait.isOpen ? 0 : 4 - (queue.ended.at(-1) ?? 0);
    while (queue.wait.isOpen) turns.turn();
  }
  expect(queue.ended.slice(-3)).toEqual([4, 4, 4]);
});

test("where batches have one arrival each, one of them is a probe only if the queue asks for it", () => {
  using turns = new ManualTurns();
  for (const probesSingles of [false, true]) {
    const wait = new BatchWait();
    const waits = range(1, 10).map(() => {
      const isOpen = wait.begin(1, () => undefined, probesSingles);
      turns.turn();
      return isOpen;
    });
    expect(waits.includes(true)).toBe(probesSingles);
  }
});

test("larger batches are forgotten after sixteen smaller ones, and after a second without any", () => {
  using turns = new ManualTurns();
  const fewer = queueOf(8, turns);
  for (const _ of range(1, 16)) fewer.batch(2, turns);
  fewer.arrive(2);
  while (fewer.wait.isOpen) turns.turn();
  expect(fewer.ended).toEqual(Array(17).fill(2));
  const later = queueOf(8, turns);
  turns.now += 1_000;
  later.arrive();
  expect(later.ended).toEqual([1]);
});

test("a dropped batch does not end, and the next one begins anew", () => {
  using turns = new ManualTurns();
  const queue = queueOf(5, turns);
  queue.arrive(2);
  queue.wait.drop();
  expect(turns.waiting).toBe(0);
  turns.turn();
  expect(queue.ended).toEqual([]);
  queue.arrive();
  expect(queue.wait.isOpen).toBe(true);
});
