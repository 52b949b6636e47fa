import { nextTurn } from "../event-loop.ts";

/** Holds back what wants to pass, until it is released. */
export class Gate {
  #arrived = 0;
  #released = false;

  /** Resolves once the gate is released. */
  async pass(): Promise<void> {
    this.#arrived++;
    // Polls: a promise that one object resolves for another may never wake it.
    while (!this.#released) await nextTurn(1);
  }

  /** Resolves once so many are held. */
  async arrived(count = 1): Promise<void> {
    while (this.#arrived < count) await nextTurn(1);
  }

  /** Releases what is held, and all that comes later. */
  release(): void {
    this.#released = true;
  }
}
