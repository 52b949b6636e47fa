import type { Failure } from "../domain/errors.ts";
import type { Timing } from "../domain/timing.ts";

/** How many frames a socket may send in one window. */
const FRAMES = 3_000;

/** The refusal of what is over it. */
export function tooFast({ windowMs }: Timing["frameRate"]): Failure {
  return {
    ok: false,
    code: "rate_limited",
    detail: `This socket may send ${FRAMES} frames in ${windowMs / 1_000} seconds; each send, and each conversation of a sync, counts as one.`,
  };
}

/**
 * How many frames a socket has sent; a send inside a frame of several counts as one. In memory alone: an
 * object with a socket that says something stays awake, and after a crash the window begins anew.
 */
export class FrameRate {
  #since = 0;
  #taken = 0;

  /** Counts so many frames. @returns how many of them, the first ones, are within the limit */
  take(frames: number, { windowMs }: Timing["frameRate"]): number {
    const now = Date.now();
    if (now - this.#since >= windowMs) {
      this.#since = now;
      this.#taken = 0;
    }
    const left = Math.max(0, FRAMES - this.#taken);
    this.#taken += frames;
    return Math.min(frames, left);
  }

  /** Whether it has sent more than twice what it may: it does not listen to refusals. */
  get isAbused(): boolean {
    return this.#taken > 2 * FRAMES;
  }
}
