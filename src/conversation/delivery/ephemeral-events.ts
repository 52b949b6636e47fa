import type { UserId } from "../../domain/ids.ts";
import type { EphemeralEvent } from "../../domain/sync/inbox-update.ts";
import type { DeviceEvent } from "../../domain/sync/socket-protocol.ts";
import type { Timing } from "../../domain/timing.ts";

/**
 * An event that shows a state. Updates may be sent between its change and its delivery: it is described as it
 * is with the update that carries it. null: there is nothing to show any more.
 */
export type DescribedEvent = () => DeviceEvent | null;

/** What is of no use a little later. */
const PASSING = ["typing", "draft_text", "online_message"] satisfies DeviceEvent["type"][];

/** The pending events of one member. Beyond this number the oldest event is dropped. */
const MAX_PENDING = 100;

interface PendingEvent {
  id: number;
  event: DeviceEvent | DescribedEvent;
  /** when the event was added, in ms since 1970 */
  at: number;
}

/**
 * The ephemeral events of each member – read positions, typing, changes of the group – until an inbox update
 * carries them to the member's devices. Memory alone holds them: an eviction loses them. A client that
 * reconnects requests the state that it shows.
 */
export class EphemeralEvents {
  readonly #timing: Timing["typing"];
  readonly #pending = new Map<UserId, Map<string, PendingEvent>>();
  /**
   * Names this object from its start to its end. An inbox compares ids of one epoch only: the clock of the
   * machine on which the object starts next may be behind.
   */
  readonly epoch = Date.now() * 1_000 + Math.floor(Math.random() * 1_000);
  #lastId = this.epoch;

  constructor(timing: Timing["typing"]) {
    this.#timing = timing;
  }

  /**
   * Queues an event for these members.
   * @param key the subject of the event: a later event with the same key replaces it
   */
  add(userIds: Iterable<UserId>, key: string, event: DeviceEvent | DescribedEvent): void {
    this.#lastId++;
    const added = { id: this.#lastId, event, at: Date.now() };
    for (const userId of userIds) {
      const pending = this.#pending.get(userId) ?? new Map<string, PendingEvent>();
      this.#pending.set(userId, pending);
      pending.delete(key);
      pending.set(key, added);
      const [oldest] = pending.keys();
      if (pending.size > MAX_PENDING && oldest !== undefined) pending.delete(oldest);
    }
  }

  has(userId: UserId): boolean {
    return this.#pending.has(userId);
  }

  /** The members with pending events. */
  receivers(): Iterable<UserId> {
    return this.#pending.keys();
  }

  /**
   * @returns the pending events of a member as they are now, oldest first. What passes and is older than
   *   `staleMs`, and what shows nothing any more, is dropped first.
   */
  of(userId: UserId): EphemeralEvent[] {
    const staleSince = Date.now() - this.#timing.staleMs;
    const pending = this.#pending.get(userId);
    const events: EphemeralEvent[] = [];
    for (const [key, { id, event, at }] of pending ?? []) {
      const shown = typeof event === "function" ? event() : event;
      const passes = PASSING.some((type) => type === shown?.type);
      if (!shown || (passes && at <= staleSince)) pending?.delete(key);
      else events.push({ id, event: shown });
    }
    if (pending?.size === 0) this.#pending.delete(userId);
    return events;
  }

  /**
   * Drops a member's events up to an id. The inbox has confirmed the update that carried them, with or
   * without devices. Later events stay: a device may have connected since.
   */
  delivered(userId: UserId, upTo: number): void {
    const pending = this.#pending.get(userId);
    for (const [key, { id }] of pending ?? []) if (id <= upTo) pending?.delete(key);
    if (pending?.size === 0) this.#pending.delete(userId);
  }

  /** The id of the last event. */
  get last(): number {
    return this.#lastId;
  }
}
