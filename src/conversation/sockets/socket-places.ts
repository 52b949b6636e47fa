import { CoreError } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import type { Timing } from "../../domain/timing.ts";

/** The open sockets of a conversation. */
interface OpenSockets {
  /** how many there are */
  readonly size: number;
  /** how many of them are this user's */
  countOf(userId: UserId): number;
}

/** `Retry-After` of a refused socket: other sockets may have closed by then. */
const RETRY_AFTER_S = 60;

/**
 * Hands out the places for the sockets of a conversation: a few for each user, and the last ones only to
 * users without a socket. One user cannot slow down the others with sockets, nor take their places.
 */
export class SocketPlaces {
  readonly #open: OpenSockets;
  readonly #timing: Timing["roomSockets"];
  /** the sockets that are being opened, by user */
  readonly #opening = new Map<UserId, number>();
  #openingCount = 0;

  constructor(open: OpenSockets, timing: Timing["roomSockets"]) {
    this.#open = open;
    this.#timing = timing;
  }

  /**
   * Opens a socket in a place.
   * @returns the result of `open`
   * @throws `rate_limited` if the user has no place left, `unavailable` if nobody has
   */
  async take<T>(userId: UserId, open: () => Promise<T>): Promise<T> {
    const opening = this.#opening.get(userId) ?? 0;
    this.#requirePlace(this.#open.countOf(userId) + opening);
    this.#note(userId, 1);
    try {
      return await open();
    } finally {
      this.#note(userId, -1);
    }
  }

  #requirePlace(taken: number): void {
    const { perUser, scarceAt, max } = this.#timing;
    const all = this.#open.size + this.#openingCount;
    const retryAfter = RETRY_AFTER_S;
    if (all >= max)
      throw new CoreError("unavailable", "This conversation has no place for more sockets.", { retryAfter });
    const places = all < scarceAt ? perUser : 1;
    if (taken < places) return;
    const detail = `You have ${taken} sockets open in this conversation. Close one, then try again.`;
    throw new CoreError("rate_limited", detail, { retryAfter });
  }

  #note(userId: UserId, change: 1 | -1): void {
    const opening = (this.#opening.get(userId) ?? 0) + change;
    if (opening === 0) this.#opening.delete(userId);
    else this.#opening.set(userId, opening);
    this.#openingCount += change;
  }
}
