import type { UserId } from "../../domain/ids.ts";
import {
  type DeliveredPosition,
  type InboxAnswer,
  type InboxUpdate,
  NOT_DEFERRED,
} from "../../domain/sync/inbox-update.ts";
import type { Timing } from "../../domain/timing.ts";
import { LIVE_PAGE } from "../views/live-pages.ts";
import type { FanoutCheckpoint } from "./fanout-checkpoint.ts";
import type { FanoutSource } from "./fanout-source.ts";
import type { InboxFailures } from "./inbox-calls/inbox-failures.ts";
import type { RoomLoad } from "./room-load.ts";

/** With so many messages a page of an update is nearly full. */
const NEARLY_FULL = LIVE_PAGE - 20;

/** No version of an update. */
const NONE = -1;

/** What the conversation knows of one user to whom it delivers. Times are ms since 1970. */
export interface FanoutRecipient {
  readonly id: UserId;
  /** the newest version that their inbox has confirmed */
  confirmed: number;
  /** the newest version that their inbox was answered, and is assumed to take */
  assumed: number;
  /** whether their inbox knows that the group is large, and therefore subscribes to it */
  knowsLarge: boolean;
  /**
   * The delivered position of their devices; null: none is connected, as far as is known. It is a hint: the
   * inbox knows the true one, and fetches what an update lacks.
   */
  position: DeliveredPosition;
  /** when the lease of their subscription ends */
  leaseUntil: number;
  /** when an update was delivered last; 0: the next one waits for no pause */
  deliveredAt: number;
  /** the answers that are about to bring the newest update */
  claims: number;
}

/**
 * How a recipient is reached now. It is derived from the record, as it also depends on the group and the
 * time.
 * - `failing`: the last call of their inbox failed.
 * - `live`: devices are connected, and are sent each message.
 * - `crowded`: devices are connected in a crowded group, and are told that there are messages.
 * - `focused`: all their devices leave the conversation to a room socket.
 * - `deferred`: in a large group, without devices and a lease.
 * - `offline`: no device is known.
 *
 * A crowd knows no devices: who is told soon is `offline`, who waits is `deferred`.
 */
type Reach = "failing" | "live" | "crowded" | "focused" | "deferred" | "offline";

/** Who calls the inbox of a recipient, and how. */
export interface Plan {
  /**
   * `slot`: at the pace of lists; `live`: at once; `alarm`: a slot, while the alarm serves deferred members
   */
  by: "slot" | "live" | "alarm";
  /** the time after a delivery in which changes are coalesced */
  pauseMs: number;
  /** the position after which the update has a page; null: it has none */
  page: DeliveredPosition;
}

/** What the recipients are made from. */
interface RecipientsDeps {
  failures: Pick<InboxFailures, "has">;
  load: Pick<RoomLoad, "isHigh">;
  /** the number of connected members up to which a group is not crowded */
  maxLiveMembers: number;
  timing: Timing;
}

/** The users to whom a conversation delivers, and their turns. */
export class Recipients {
  readonly #source: FanoutSource;
  readonly #deps: RecipientsDeps;
  readonly #byId = new Map<UserId, FanoutRecipient>();
  /** those with devices connected, in the order of their turns */
  readonly #connected = new Set<FanoutRecipient>();
  /** the index of the next turn among all users */
  #turn = 0;

  /**
   * @param checkpoint the inboxes that are up to date with it are not called again; without one of the newest
   *   state, those behind it are called again, as after a crash
   * @param isUpToDate no retry marker is set: every inbox is up to date, except those that failed
   */
  constructor(
    source: FanoutSource,
    deps: RecipientsDeps,
    checkpoint: FanoutCheckpoint | null,
    isUpToDate: boolean,
  ) {
    this.#source = source;
    this.#deps = deps;
    const behind = new Set(isUpToDate ? [] : checkpoint?.behind);
    const isLarge = isUpToDate ? source.isLarge() : checkpoint?.isLarge === true;
    const rev = isUpToDate || !checkpoint ? source.dueRev() : checkpoint.rev;
    for (const id of source.ids()) {
      const recipient = this.of(id);
      recipient.deliveredAt = checkpoint?.servedAt ?? 0;
      if (!source.isCrowd() && source.hasDevices(id))
        this.#connect(recipient, { ...source.newestPosition(), rev: behind.has(id) ? 0 : rev });
      const stored = checkpoint ? source.versionAt(id, checkpoint) : null;
      const version = isUpToDate ? source.version(id) : stored;
      if (version === null || deps.failures.has(id)) continue;
      recipient.knowsLarge = isLarge;
      if (!behind.has(id)) recipient.confirmed = version;
    }
  }

  /**
   * Whether the group is crowded: more members have devices connected than `LIVE_MEMBERS` allows. All devices
   * are then told of messages, and ask for them when their users look.
   */
  get isCrowded(): boolean {
    return this.#connected.size > this.#deps.maxLiveMembers || this.#source.isCrowd();
  }

  /** Whether a member has devices connected that are told of changed messages as a whole alone. */
  get tellsWhole(): boolean {
    if (this.isCrowded) return false;
    for (const { position } of this.#connected) if (!position?.parts && !position?.isFocused) return true;
    return false;
  }

  /** The record of a user; a user who is no recipient gets one. */
  of(id: UserId): FanoutRecipient {
    const known = this.#byId.get(id);
    if (known) return known;
    const unknown = { id, confirmed: NONE, assumed: NONE, knowsLarge: false, position: null };
    const recipient = { ...unknown, leaseUntil: 0, deliveredAt: 0, claims: 0 };
    this.#byId.set(id, recipient);
    return recipient;
  }

  all(): Iterable<FanoutRecipient> {
    return this.#byId.values();
  }

  /** Whether all devices of a member leave the conversation to a room socket. */
  isFocused(id: UserId): boolean {
    return this.#byId.get(id)?.position?.isFocused === true;
  }

  /** Whether a member's inbox has confirmed this version. */
  has(id: UserId, version: number): boolean {
    return (this.#byId.get(id)?.confirmed ?? NONE) >= version;
  }

  /** Whether a member's inbox has confirmed the newest update, and their devices the newest changes. */
  isDelivered(id: UserId): boolean {
    if (!this.has(id, this.#source.version(id))) return false;
    const position = this.#byId.get(id)?.position;
    return !position || position.isFocused === true || position.rev >= this.#source.dueRev();
  }

  /**
   * Whether a member may have devices connected. A large group relies on the last answer or subscription.
   * Elsewhere an answer "no devices" holds for `absentMs` only: the first device may have connected since. A
   * crowd knows nothing of devices.
   */
  mayReceiveEphemeral(id: UserId): boolean {
    if (this.#source.isCrowd()) return true;
    if (this.#source.hasDevices(id) !== false) return true;
    const { absentMs } = this.#deps.timing.deviceTracker;
    return !this.#source.isLarge() && Date.now() >= this.pauseEnd(this.of(id), absentMs);
  }

  /** Who calls the inbox of a recipient now, how long after the last delivery, and with which page. */
  plan(recipient: FanoutRecipient, now = Date.now()): Plan {
    const { cooldownMs, crowdedCooldownMs, largeGroupCooldownMs } = this.#deps.timing.fanout;
    switch (this.#reach(recipient, now)) {
      case "failing":
        // `InboxFailures` has its pauses.
        return { by: "slot", pauseMs: 0, page: null };
      case "live":
        return { by: "live", pauseMs: this.#livePauseMs(recipient, now), page: recipient.position };
      case "crowded":
        return { by: "live", pauseMs: crowdedCooldownMs, page: null };
      case "deferred":
        return { by: "alarm", pauseMs: largeGroupCooldownMs, page: null };
      case "focused":
      case "offline":
        return { by: "slot", pauseMs: cooldownMs, page: null };
    }
  }

  /**
   * When a pause after the last delivery ends. One that seems to begin in the future: the clock was put back.
   */
  pauseEnd({ deliveredAt }: FanoutRecipient, pauseMs: number, now = Date.now()): number {
    return deliveredAt > now ? 0 : deliveredAt + pauseMs;
  }

  /**
   * The next recipient for whom `isDue` holds. Turns go round: otherwise the first one is due again before
   * the last one is served. For `live` only those with devices are looked at.
   */
  next(by: "slot" | "live", isDue: (recipient: FanoutRecipient) => boolean): FanoutRecipient | undefined {
    if (by === "live") {
      for (const recipient of this.#connected) {
        if (!isDue(recipient)) continue;
        this.#connected.delete(recipient);
        this.#connected.add(recipient);
        return recipient;
      }
      return undefined;
    }
    if (this.#source.isCrowd()) {
      for (const id of this.#source.inTurn()) if (isDue(this.of(id))) return this.of(id);
      return undefined;
    }
    const ids = this.#source.ids();
    for (let i = 0; i < ids.length; i++) {
      const at = (this.#turn + i) % ids.length;
      const id = ids[at];
      if (id === undefined || !isDue(this.of(id))) continue;
      this.#turn = at + 1;
      return this.of(id);
    }
    return undefined;
  }

  /**
   * Starts or renews the lease of a member's subscription. The inbox has the newest update.
   * @param hasDevices a device is connected, or is about to connect
   */
  subscribe(id: UserId, hasDevices: boolean): void {
    const recipient = this.of(id);
    recipient.leaseUntil = Date.now() + this.#deps.timing.subscription.leaseMs;
    recipient.deliveredAt = 0;
    if (!hasDevices || this.#source.isCrowd()) return;
    const newest = this.#source.newestPosition();
    // A device that was connected before may not have heard of the newest changes yet.
    this.#connect(recipient, { ...newest, rev: recipient.position?.rev ?? newest.rev });
  }

  /**
   * A member's inbox has confirmed an update. A version older than before changes nothing.
   * @param answer the delivered position of the member's devices; `NOT_DEFERRED`, null: none is connected
   */
  confirmed(id: UserId, update: InboxUpdate, answer: InboxAnswer): void {
    const position = answer === NOT_DEFERRED ? null : answer;
    const recipient = this.of(id);
    if (update.version >= recipient.confirmed) {
      recipient.confirmed = update.version;
      recipient.knowsLarge = update.memberCount > this.#deps.timing.largeGroup.aboveMembers;
    }
    this.#source.confirmed(id, update);
    // A user who is back by now has a newer update.
    if (update.state !== "active" && this.isDelivered(id)) {
      recipient.position = null;
      this.#connected.delete(recipient);
      return;
    }
    recipient.deliveredAt = Date.now();
    if (this.#source.isCrowd()) {
      // An inbox with devices asks by itself.
      recipient.position = null;
      this.#connected.delete(recipient);
      this.#source.noteAwaiting(id, answer === NOT_DEFERRED);
    } else if (position) this.#connect(recipient, position);
    else this.#disconnect(recipient, update.rev, answer === NOT_DEFERRED);
  }

  /** @see Fanout.assume */
  assume(id: UserId, update: InboxUpdate, delivered: DeliveredPosition): boolean {
    const recipient = this.of(id);
    // What else an update carries is dropped once it is confirmed.
    const isPlain = update.state === "active" && update.ephemeral.length === 0;
    if (!isPlain || this.#reach(recipient, Date.now()) !== "live") return false;
    recipient.assumed = update.version;
    recipient.deliveredAt = Date.now();
    this.#connect(recipient, { ...delivered, seq: update.lastSeq, rev: update.rev });
    return true;
  }

  /** @see Fanout.claim */
  claim(id: UserId): () => void {
    const recipient = this.of(id);
    recipient.claims++;
    return () => {
      recipient.claims--;
    };
  }

  /** Forgets the users who are no longer delivered to, so that memory does not grow with visitors. */
  forgetFormer(): void {
    for (const recipient of this.#byId.values()) {
      if (this.#source.version(recipient.id) !== NONE) continue;
      this.#connected.delete(recipient);
      this.#byId.delete(recipient.id);
    }
  }

  #reach({ id, position, knowsLarge, leaseUntil }: FanoutRecipient, now: number): Reach {
    if (this.#deps.failures.has(id)) return "failing";
    if (this.#source.isCrowd()) return this.#source.isUrgent(id) ? "offline" : "deferred";
    if (position?.isFocused) return "focused";
    if (position) return this.isCrowded ? "crowded" : "live";
    const isAbsent = this.#source.hasDevices(id) === false && leaseUntil <= now;
    // An inbox that does not know yet that the group is large would not subscribe to it.
    return isAbsent && knowsLarge && this.#source.isLarge() ? "deferred" : "offline";
  }

  /** No pause, but while an update is assumed to be taken, or room sockets send very many messages. */
  #livePauseMs({ id, assumed, confirmed, position }: FanoutRecipient, now: number): number {
    const { load, timing } = this.#deps;
    const isAssumed = assumed > confirmed && assumed === this.#source.version(id);
    if (isAssumed && !this.#source.hasEphemeral(id)) return timing.assumedUpdates.confirmMs;
    if (!load.isHigh(now)) return 0;
    const waiting = this.#source.newestPosition().seq - (position?.seq ?? 0);
    return waiting >= NEARLY_FULL ? 0 : timing.roomLoad.pageMs;
  }

  #connect(recipient: FanoutRecipient, position: NonNullable<DeliveredPosition>): void {
    recipient.position = position;
    this.#connected.add(recipient);
    if (this.#source.hasDevices(recipient.id) !== true) this.#source.setDevices(recipient.id, true);
  }

  /**
   * No device is connected. During a lease this is ignored: a device may be about to connect.
   * @param isNotDeferred it is stored as unknown whether one is: who is known to have none is deferred
   */
  #disconnect(recipient: FanoutRecipient, rev: number, isNotDeferred: boolean): void {
    const { id, position, leaseUntil } = recipient;
    if (leaseUntil > Date.now()) {
      // The inbox has the update, and goes on from there with a device that connects.
      if (position) recipient.position = { ...position, rev: Math.max(position.rev, rev) };
      return;
    }
    recipient.position = null;
    this.#connected.delete(recipient);
    const known = isNotDeferred ? null : false;
    if (this.#source.hasDevices(id) !== known) this.#source.setDevices(id, known);
  }
}
