/** Tells subscribers when what they select from a state has changed. */
export class Store<State> {
  readonly #state: State;
  /** each tells its subscriber, if what it selects has changed */
  readonly #checks = new Set<() => void>();
  readonly #beforeTold: () => void;
  #isScheduled = false;

  /** @param beforeTold called before the subscribers are told of a change */
  constructor(state: State, beforeTold: () => void) {
    this.#state = state;
    this.#beforeTold = beforeTold;
  }

  /** The state as it is now. What a selector returns of it never changes by itself. */
  get state(): State {
    return this.#state;
  }

  /**
   * Calls `listener` whenever what `select` returns is another value (by `Object.is`), at most once for each
   * frame of the server.
   * @returns ends the subscription
   */
  subscribe<T>(select: (state: State) => T, listener: (value: T, previous: T) => void): () => void {
    let told = select(this.#state);
    const check = () => {
      const previous = told;
      told = select(this.#state);
      if (!Object.is(told, previous)) listener(told, previous);
    };
    this.#checks.add(check);
    return () => void this.#checks.delete(check);
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
