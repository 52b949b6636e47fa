import type { Failure } from "../core/errors.ts";
import type { DirectFlags } from "./flags.ts";
import { Lines } from "./lines.ts";
import type { Origin } from "./room.ts";
import { isTooMuch, type Outcome, type Send, type Sends, TOO_MANY, weightOf } from "./sends.ts";

/**
 * Where sends come in. Nearly always they go straight to the queue; while somebody changes whether the two
 * of a direct conversation may write, they wait here for a look at D1, those of one origin in their order.
 */
export class Door {
  readonly #sends: Sends<Origin>;
  readonly #flags: DirectFlags;
  readonly #refused: (outcomes: Outcome<Origin>[]) => void;
  readonly #lines = new Lines<object>();
  #waiting = 0;
  #waitingBytes = 0;

  /** @param refused told of sends which did not come to the queue, in order */
  constructor(sends: Sends<Origin>, flags: DirectFlags, refused: (outcomes: Outcome<Origin>[]) => void) {
    this.#sends = sends;
    this.#flags = flags;
    this.#refused = refused;
  }

  /** Takes in sends of one origin; each is stored or refused in the end. */
  enter(sends: Send<Origin>[], origin: Origin): void {
    const look = this.#flags.check();
    if (!look && this.#waiting === 0) {
      this.#sends.submit(sends);
      return;
    }
    const bytes = sends.reduce((sum, send) => sum + weightOf(send), 0);
    if (isTooMuch(this.#waiting + sends.length, this.#waitingBytes + bytes)) {
      this.#refuse(sends, TOO_MANY);
      return;
    }
    this.#waiting += sends.length;
    this.#waitingBytes += bytes;
    // Who had nothing to wait for when he came may have it once those before him are through.
    this.#lines.enter(
      "socket" in origin ? origin.socket : origin,
      () => look ?? this.#flags.check(),
      (unknown) => {
        this.#waiting -= sends.length;
        this.#waitingBytes -= bytes;
        // A session that was ended meanwhile says nothing any more.
        if ("socket" in origin && origin.socket.isClosing) return;
        if (unknown) this.#refuse(sends, unknown);
        else this.#sends.submit(sends);
      },
    );
  }

  #refuse(sends: Send<Origin>[], result: Failure): void {
    this.#refused(sends.map((send) => ({ send, result })));
  }
}
