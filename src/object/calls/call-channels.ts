import type { Timing } from "../../domain/timing.ts";

/** The objects whose last call is remembered. Beyond them all are forgotten: channels come a call later. */
const MAX_REMEMBERED = 2_000;

/** The end of a channel at its caller. */
type ChannelEnd = object & Disposable;

interface Channel {
  end: Promise<ChannelEnd>;
  openedAt: number;
  usedAt: number;
  isInUse: boolean;
}

/**
 * The channels of one object to others that it calls often. A call on a stub is a session of the platform,
 * with an event of its own at the callee, and is billed as a request. A channel is one such session for many
 * calls: it is opened by a call that answers an `RpcTarget`, whose methods are the further calls.
 *
 * An object that is called twice within `idleMs` gets a channel, which is closed after `idleMs` without a
 * call: while it is open the other object does not hibernate. A channel carries one call at a time.
 * @see https://developers.cloudflare.com/durable-objects/platform/pricing/
 */
export class CallChannels<Id> {
  readonly #open: (id: Id) => Promise<ChannelEnd>;
  readonly #timing: Timing["callChannels"];
  readonly #channels = new Map<Id, Channel>();
  /** when objects without a channel were called last (ms since 1970) */
  readonly #calledAt = new Map<Id, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param open opens a channel to an object */
  constructor(open: (id: Id) => Promise<ChannelEnd>, timing: Timing["callChannels"]) {
    this.#open = open;
    this.#timing = timing;
  }

  /**
   * Makes a call over the object's channel if it has one, or gets one now.
   * @param call may be made twice: a channel ends with the object's life in memory, and then a call over it
   *   fails where one on a new stub succeeds
   * @param alone makes the call without a channel
   */
  call<T>(id: Id, call: (end: object) => Promise<T>, alone: () => Promise<T>): Promise<T> {
    const channel = this.#freeChannel(id);
    return channel ? this.#callOver(id, channel, call).catch(alone) : alone();
  }

  async #callOver<T>(id: Id, channel: Channel, call: (end: object) => Promise<T>): Promise<T> {
    channel.isInUse = true;
    try {
      return await call(await channel.end);
    } catch (error) {
      this.#close(id, channel);
      throw error;
    } finally {
      channel.isInUse = false;
      channel.usedAt = Date.now();
    }
  }

  /** The channel for a call that begins now. A call that hangs keeps its channel: others go without one. */
  #freeChannel(id: Id): Channel | undefined {
    const { idleMs, maxAgeMs } = this.#timing;
    if (idleMs === 0) return undefined;
    const now = Date.now();
    const channel = this.#channels.get(id);
    if (channel?.isInUse) return undefined;
    if (channel && isWithin(maxAgeMs, channel.openedAt)) return channel;
    if (channel) this.#close(id, channel);
    else if (!isWithin(idleMs, this.#calledAt.get(id) ?? 0)) {
      if (this.#calledAt.size >= MAX_REMEMBERED) this.#calledAt.clear();
      this.#calledAt.set(id, now);
      return undefined;
    }
    this.#calledAt.delete(id);
    const opened = { end: this.#open(id), openedAt: now, usedAt: now, isInUse: false };
    this.#channels.set(id, opened);
    this.#armTimer();
    return opened;
  }

  #armTimer(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      for (const [id, channel] of this.#channels)
        if (!channel.isInUse && !isWithin(this.#timing.idleMs, channel.usedAt)) this.#close(id, channel);
      if (this.#channels.size > 0) this.#armTimer();
    }, this.#timing.idleMs);
  }

  #close(id: Id, channel: Channel): void {
    if (this.#channels.get(id) === channel) this.#channels.delete(id);
    // One that never opened has nothing to close, and its call has failed.
    channel.end.then((end) => end[Symbol.dispose]()).catch(() => undefined);
  }
}

/** Whether a time is less than `ms` ago. A time in the future is not: the clock was put back. */
function isWithin(ms: number, time: number): boolean {
  const age = Date.now() - time;
  return age >= 0 && age < ms;
}
