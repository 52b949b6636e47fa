/** What follows a transaction. */
type Effect = () => void;

/**
 * A transaction, and what follows it. A method of a store that takes one writes at once, and memory stays as
 * it was until the commit: whatever runs in the transaction reads there what was before it.
 * 1. `after`: memory takes the writes, in their order.
 * 2. `publish`: sockets, inboxes, D1 and jobs are told, once memory has all writes.
 *
 * If the transaction throws, nothing of it follows, but `undo`. After the commit everything does: an effect
 * that throws keeps no other from running.
 */
export class Transaction {
  readonly #storage: DurableObjectStorage;
  readonly #effects: Effect[] = [];
  readonly #steps: Effect[] = [];
  readonly #undos: Effect[] = [];

  /** @see commit */
  constructor(storage: DurableObjectStorage) {
    this.#storage = storage;
  }

  /** Has memory take a write, after the commit. */
  after(effect: Effect): void {
    this.#effects.push(effect);
  }

  /** Has others told of a write, once memory has all writes of the transaction. The same step runs once. */
  publish(step: Effect): void {
    if (!this.#steps.includes(step)) this.#steps.push(step);
  }

  /** Has memory drop what it has read of a write, if that is rolled back. */
  undo(effect: Effect): void {
    this.#undos.push(effect);
  }

  /** Runs work in a savepoint: if it throws, what it has written and registered is gone, and nothing else. */
  savepoint<T>(work: () => T): T {
    const [effects, steps, undos] = [this.#effects.length, this.#steps.length, this.#undos.length];
    try {
      return this.#storage.transactionSync(work);
    } catch (error) {
      this.#effects.length = effects;
      this.#steps.length = steps;
      runEach(this.#undos.splice(undos));
      throw error;
    }
  }

  /** Takes the writes into memory. Call it once, after the commit. @throws the first failure, at the end */
  applyAll(): void {
    runEach(this.#effects);
  }

  /** Tells others of the writes. Call it once, after `applyAll`. @throws the first failure, at the end */
  publishAll(): void {
    runEach(this.#steps);
  }
}

/**
 * Runs work in a transaction, then what it has registered.
 * @throws what the work throws: nothing has changed then; or what an effect throws, once all have run
 */
export function commit<T>(storage: DurableObjectStorage, work: (tx: Transaction) => T): T {
  const tx = new Transaction(storage);
  const value = tx.savepoint(() => work(tx));
  try {
    tx.applyAll();
  } finally {
    tx.publishAll();
  }
  return value;
}

function runEach(effects: readonly Effect[]): void {
  const failures: unknown[] = [];
  for (const effect of effects) {
    try {
      effect();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
