/** Tells subscribers when what they select from a state has changed. */
export class Store<State> {
  /** the state as it is now: what a selector returns of it never changes by itself */
  readonly state: State;
  /** each tells its subscriber, if what it selects has changed */
  readonly #checks = new Set<() => void>();
  readonly #beforeTold: () => void;
  #isScheduled = false;

  /** @param beforeTold called before the subscribers are told of a change */
  constructor(state: State, beforeTold: () => void) {
    this.state = state;
    this.#beforeTold = beforeTold;
  }

  /**
   * Calls `listener` whenever what `select` returns is another value (by `Object.is`), at most once for each
   * frame of the server.
   * @returns ends the subscription
   */
  subscribe<T>(select: (state: State) => T, listener: (value: T, previous: T) => void): () => void {
    let told = select(this.state);
    const check = () => {
      const previous = told;
      told = select(this.state);
      if (!Object.is(told, previous)) listener(told, previous);
    };
    return listen(this.#checks, check);
  }

  /** The state has changed: the subscribers are told at the end of this turn. */
  changed = (): void => {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    queueMicrotask(() => {
      this.#isScheduled = false;
      this.#beforeTold();
      // One that throws keeps nothing from the others.
      for (const check of this.#checks) queueMicrotask(check);
    });
  };
}

/** Adds a listener to others. @returns removes it */
export function listen<T>(listeners: Set<T>, listener: T): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}
