import type { Failure } from "../domain/errors.ts";
import type { Timing } from "../domain/timing.ts";

/** How many frames a socket may send in one window. */
const FRAMES = 3_000;

/** @returns the refusal of a frame that is over the limit */
export function tooFast({ windowMs }: Timing["frameRate"]): Failure {
  return {
    ok: false,
    code: "rate_limited",
    detail: `This socket may send ${FRAMES} frames in ${windowMs / 1_000} seconds; each send, and each conversation of a sync, counts as one.`,
  };
}

/**
 * Counts the frames of a socket in fixed windows. Each send and each synced conversation of a frame counts as
 * one. The count is kept in memory only: an object whose sockets send frames does not hibernate, and a crash
 * forgives at most one window.
 */
export class FrameRate {
  #windowStart = 0;
  #count = 0;

  /** Counts `frames`. @returns how many of them, from the first on, are within the limit */
  take(frames: number, { windowMs }: Timing["frameRate"]): number {
    const now = Date.now();
    if (now - this.#windowStart >= windowMs) {
      this.#windowStart = now;
      this.#count = 0;
    }
    const remaining = Math.max(0, FRAMES - this.#count);
    this.#count += frames;
    return Math.min(frames, remaining);
  }

  /** Whether the socket has sent more than twice its limit in this window: its client ignores refusals. */
  get isAbused(): boolean {
    return this.#count > 2 * FRAMES;
  }
}
