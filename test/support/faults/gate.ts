import { until, whileHeld } from "../event-loop.ts";

/** Holds back what wants to pass, until it is released. */
export class Gate {
  #arrived = 0;
  #released = false;

  /** Resolves once the gate is released. */
  async pass(): Promise<void> {
    this.#arrived++;
    // Polls: a promise that one object resolves for another may never wake it.
    await whileHeld(() => !this.#released);
  }

  /** Resolves once so many are held. */
  async arrived(count = 1): Promise<void> {
    await until(() => this.#arrived >= count, `${count} calls are at the gate`);
  }

  /** Releases what is held, and all that comes later. */
  release(): void {
    this.#released = true;
  }
}
