import type { UserId } from "../../domain/ids.ts";
import type { EphemeralEvent } from "../../domain/sync/inbox-update.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";

/** More do not wait for one member: what is oldest goes. */
const MAX_WAITING = 100;

interface PendingEvent extends EphemeralEvent {
  at: number;
}

/**
 * What passes by – positions, typing, changes of the group – until the bump that takes it to a member's
 * devices. In memory alone: whoever was away asks for what he shows.
 */
export class EphemeralEvents {
  readonly #timing: Timing["typing"];
  readonly #waiting = new Map<UserId, Map<string, PendingEvent>>();
  // Rises over restarts, so that an inbox knows what it has heard.
  #id = Date.now() * 1_000;

  constructor(timing: Timing["typing"]) {
    this.#timing = timing;
  }

  /** Has these members told. @param key what it is about: a later event of the same takes its place */
  add(userIds: Iterable<UserId>, key: string, event: DeviceEvent): void {
    this.#id++;
    const added = { id: this.#id, event, at: Date.now() };
    for (const userId of userIds) {
      const waiting = this.#waiting.get(userId) ?? new Map<string, PendingEvent>();
      this.#waiting.set(userId, waiting);
      waiting.delete(key);
      waiting.set(key, added);
      const [oldest] = waiting.keys();
      if (waiting.size > MAX_WAITING && oldest !== undefined) waiting.delete(oldest);
    }
  }

  has(userId: UserId): boolean {
    return this.#waiting.has(userId);
  }

  /** What waits for a member, in order; what is over does not wait any more. */
  of(userId: UserId): EphemeralEvent[] {
    const since = Date.now() - this.#timing.staleMs;
    const waiting = this.#waiting.get(userId);
    for (const [key, { event, at }] of waiting ?? []) {
      if (event.type === "typing" && at <= since) waiting?.delete(key);
    }
    if (waiting?.size === 0) this.#waiting.delete(userId);
    return [...(waiting?.values() ?? [])].map(({ id, event }) => ({ id, event }));
  }

  /** What waited up to this id was told, or nobody was there to hear it: for what came since somebody may be. */
  delivered(userId: UserId, upTo: number): void {
    const waiting = this.#waiting.get(userId);
    for (const [key, { id }] of waiting ?? []) if (id <= upTo) waiting?.delete(key);
    if (waiting?.size === 0) this.#waiting.delete(userId);
  }

  /** The id of the last event. */
  get last(): number {
    return this.#id;
  }
}
