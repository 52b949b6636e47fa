import type { Timing } from "../../domain/timing.ts";

/**
 * How many messages have just come over room sockets. While these are many, devices get theirs in pages
 * instead of one by one: a message for devices costs a call, which would take the time of the room's own
 * sockets.
 */
export class RoomLoad {
  readonly #timing: Timing["roomLoad"];
  #beganAt = 0;
  /** the messages of the present window, and of the one before it */
  #present = 0;
  #before = 0;

  constructor(timing: Timing["roomLoad"]) {
    this.#timing = timing;
  }

  /** Counts messages of one commit. */
  note(messages: number): void {
    this.#roll(Date.now());
    this.#present += messages;
  }

  /** Whether so many messages come that devices wait for a page of them. @param now in ms since 1970 */
  isHigh(now: number): boolean {
    this.#roll(now);
    return this.#present + this.#before >= this.#timing.highMessages;
  }

  #roll(now: number): void {
    const { windowMs } = this.#timing;
    const age = now - this.#beganAt;
    if (age >= 0 && age < windowMs) return;
    this.#before = age >= windowMs && age < 2 * windowMs ? this.#present : 0;
    this.#present = 0;
    this.#beganAt = now;
  }
}
