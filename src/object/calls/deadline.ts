import { CoreError } from "../../domain/errors.ts";

/** The timers in a row into which one wait is divided. */
const PARTS = 10;

/** A call that is under way. */
interface Wait {
  partsLeft: number;
  reject(error: CoreError): void;
}

/**
 * Waits for calls to other objects, for each `ms` at most and nine tenths of it at least, so that an object
 * that does not answer blocks nothing else. All calls that are under way share one timer: a timer for each
 * was a tenth of what a message costs in a group of 100 with devices.
 *
 * The time is split into ten timers in a row. A stall of a busy machine uses up one of them and no more: an
 * answer that arrived during the stall wins over the timeout.
 */
export class Deadlines {
  readonly #ms: number;
  readonly #waits = new Set<Wait>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number) {
    this.#ms = ms;
  }

  /**
   * @returns the result of the call; rejects as the call does
   * @throws `unavailable` without an answer in time; the later outcome of the call is ignored
   */
  within<T>(call: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const wait = { partsLeft: PARTS, reject };
      this.#waits.add(wait);
      this.#timer ??= this.#nextPart();
      const end = () => {
        this.#waits.delete(wait);
        if (this.#waits.size > 0) return;
        clearTimeout(this.#timer);
        this.#timer = undefined;
      };
      call.then(
        (value) => {
          end();
          resolve(value);
        },
        (error: unknown) => {
          end();
          reject(error);
        },
      );
    });
  }

  #nextPart(): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      for (const wait of this.#waits) {
        wait.partsLeft--;
        if (wait.partsLeft > 0) continue;
        this.#waits.delete(wait);
        wait.reject(new CoreError("unavailable", `No answer within ${this.#ms} ms.`, { retryAfter: 1 }));
      }
      this.#timer = this.#waits.size > 0 ? this.#nextPart() : undefined;
    }, this.#ms / PARTS);
  }
}

/** The same for one call. @see Deadlines */
export function withDeadline<T>(call: Promise<T>, ms: number): Promise<T> {
  return new Deadlines(ms).within(call);
}
