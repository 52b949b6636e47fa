import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { DeliveredPosition, InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import type { Timing } from "../../domain/timing.ts";
import type { StateMark } from "./fanout-checkpoint.ts";

/** What the fan-out reads from its conversation, and reports to it. */
export interface FanoutSource {
  conversationId: ConversationId;
  /**
   * the users whose inboxes may lack something: active members, and users whose leaving is not confirmed yet
   */
  ids(): UserId[];
  /** the version of a member's snapshot as it is now; -1 for a user who is not among `ids` */
  version(userId: UserId): number;
  /** the state of the conversation as it is now */
  mark(): StateMark;
  /** the version that a member's snapshot had at a mark; null: it has changed since for this member alone */
  versionAt(userId: UserId, mark: Omit<StateMark, "rev">): number | null;
  /**
   * The newest update for a member's inbox.
   * @param position the delivered position of the member's devices; the update has a page of the messages
   *   after it, and none for `null`
   * @param isOnDemand the group is crowded: the update has no page, and says so
   */
  update(userId: UserId, position: DeliveredPosition, isOnDemand: boolean): InboxUpdate;
  /** whether the group is large: members without devices are deferred, and typing stays in the room */
  isLarge(): boolean;
  /** the position of the newest message and the newest announced change */
  deliveredPosition(): SyncPosition;
  /** the newest announced change that devices of all members must hear of */
  dueRev(): number;
  /** whether changes wait for their announcement */
  hasUnannounced(): boolean;
  /** whether the member's devices had a socket open when their inbox last answered; null: it never has */
  hasDevices(userId: UserId): boolean | null;
  setDevices(userId: UserId, hasDevices: boolean): void;
  /** whether ephemeral events are pending for the member's devices */
  hasEphemeral(userId: UserId): boolean;
  /**
   * The member's inbox has confirmed this update: drops the ephemeral events that the update carried. A user
   * who has left may be missing from `ids` afterwards.
   */
  delivered(userId: UserId, update: InboxUpdate): void;
}

/** A delivered position of devices, with their wire formats. `#focused` has who focuses. */
type KnownPosition = Omit<NonNullable<DeliveredPosition>, "isFocused">;

/** Which members have devices connected, as far as the conversation knows, and their delivered positions. */
export class DeviceTracker {
  readonly #source: FanoutSource;
  readonly #knowsLarge: (id: UserId) => boolean;
  readonly #maxLive: number;
  readonly #timing: Pick<Timing, "deviceTracker" | "subscription">;
  /**
   * The delivered positions of members with devices, in the order of their turns. A position is a hint: the
   * inbox knows the true one, and fetches what an update lacks.
   */
  readonly #positions = new Map<UserId, KnownPosition>();
  /** the members whose devices all leave the conversation to a room socket */
  readonly #focused = new Set<UserId>();
  /** when each subscription's lease ends, in ms since 1970 */
  readonly #leaseUntil = new Map<UserId, number>();
  /**
   * until when typing and other ephemeral events skip a member whose inbox answered that no device listens
   */
  readonly #absentUntil = new Map<UserId, number>();

  /**
   * @param toldRev the change up to which a member's devices are known to have heard of all
   * @param knowsLarge whether a member's inbox knows that the group is large
   * @param maxLive the number of connected members up to which the group is not crowded
   */
  constructor(
    source: FanoutSource,
    toldRev: (id: UserId) => number,
    knowsLarge: (id: UserId) => boolean,
    maxLive: number,
    timing: Pick<Timing, "deviceTracker" | "subscription">,
  ) {
    this.#source = source;
    this.#knowsLarge = knowsLarge;
    this.#maxLive = maxLive;
    this.#timing = timing;
    for (const id of source.ids())
      if (source.hasDevices(id)) this.#positions.set(id, { ...source.deliveredPosition(), rev: toldRev(id) });
  }

  /**
   * Whether the group is crowded: more members have devices connected than `LIVE_MEMBERS` allows. All devices
   * are then told of messages, and ask for them when their users look.
   */
  get isCrowded(): boolean {
    return this.#positions.size > this.#maxLive;
  }

  /** Whether a member has devices connected that are told of changed messages as a whole alone. */
  get tellsWhole(): boolean {
    if (this.isCrowded) return false;
    for (const [id, { parts }] of this.#positions) if (!parts && !this.#focused.has(id)) return true;
    return false;
  }

  /** Whether a member has devices connected. */
  hasDevices(id: UserId): boolean {
    return this.#positions.has(id);
  }

  /** Whether all devices of a member leave the conversation to a room socket. */
  isFocused(id: UserId): boolean {
    return this.#focused.has(id);
  }

  /** Whether the updates of a member have the messages for their devices. */
  getsPages(id: UserId): boolean {
    return this.hasDevices(id) && !this.isCrowded && !this.isFocused(id);
  }

  /** Whether the devices of a member have heard of the changes that they must hear of. */
  isTold(id: UserId): boolean {
    const position = this.#positions.get(id);
    return !position || this.#focused.has(id) || position.rev >= this.#source.dueRev();
  }

  /** @returns the delivered position of a member's devices; null: there are none, or it is unknown */
  positionOf(id: UserId): DeliveredPosition {
    return this.#positions.get(id) ?? null;
  }

  /** How many messages the devices of a member have not been sent, as far as is known. */
  waiting(id: UserId): number {
    const position = this.#positions.get(id);
    return position ? this.#source.deliveredPosition().seq - position.seq : 0;
  }

  /** The next member with devices for whom `isDue` holds, round-robin. */
  next(isDue: (id: UserId) => boolean): UserId | undefined {
    for (const [id, position] of this.#positions) {
      if (!isDue(id)) continue;
      this.#positions.delete(id);
      this.#positions.set(id, position);
      return id;
    }
    return undefined;
  }

  /**
   * Starts or renews the lease of a member's subscription.
   * @param hasDevices a device is connected, or is about to connect
   */
  subscribe(id: UserId, hasDevices: boolean): void {
    this.#leaseUntil.set(id, Date.now() + this.#timing.subscription.leaseMs);
    if (!hasDevices) return;
    const newest = this.#source.deliveredPosition();
    // A device that was connected before may not have heard of the newest changes yet.
    this.#setPosition(id, { ...newest, rev: this.#positions.get(id)?.rev ?? newest.rev });
    this.#focused.delete(id);
  }

  /**
   * A member's inbox has confirmed an update.
   * @param rev the newest change of the update
   * @param position the delivered position of the member's devices; null: no device is connected
   */
  answered(id: UserId, rev: number, position: DeliveredPosition): void {
    if (!position) {
      this.#markAbsent(id, rev);
      return;
    }
    const { isFocused, ...delivered } = position;
    this.#setPosition(id, delivered);
    if (isFocused) this.#focused.add(id);
    else this.#focused.delete(id);
  }

  /**
   * Whether a member may have devices connected. A large group relies on the last answer or subscription.
   * Elsewhere an answer "no devices" holds for `absentMs` only: the first device may have connected since.
   */
  mayReceiveEphemeral(id: UserId): boolean {
    if (this.#source.hasDevices(id) !== false) return true;
    return !this.#source.isLarge() && (this.#absentUntil.get(id) ?? 0) <= Date.now();
  }

  /**
   * Whether a member is deferred: a member of a large group without devices and without a lease. An inbox
   * that does not know yet that the group is large would not subscribe to it, so it is not deferred.
   */
  isDeferred(id: UserId): boolean {
    if (this.#source.hasDevices(id) !== false || !this.#source.isLarge() || !this.#knowsLarge(id))
      return false;
    return (this.#leaseUntil.get(id) ?? 0) <= Date.now();
  }

  /** Forgets all other users. */
  retain(ids: ReadonlySet<UserId>): void {
    for (const known of [this.#positions, this.#leaseUntil, this.#absentUntil])
      for (const id of known.keys()) if (!ids.has(id)) this.forget(id);
  }

  /** Forgets a user who has left, and whose inbox knows it: their devices make no crowd. */
  forget(id: UserId): void {
    for (const known of [this.#positions, this.#focused, this.#leaseUntil, this.#absentUntil])
      known.delete(id);
  }

  #setPosition(id: UserId, position: KnownPosition): void {
    this.#positions.set(id, position);
    if (this.#source.hasDevices(id) !== true) this.#source.setDevices(id, true);
  }

  /** The member has no device connected. During a lease this is ignored: a device may be about to connect. */
  #markAbsent(id: UserId, rev: number): void {
    if ((this.#leaseUntil.get(id) ?? 0) > Date.now()) {
      // The inbox has the update, and goes on from there with a device that connects.
      const position = this.#positions.get(id);
      if (position) this.#positions.set(id, { ...position, rev: Math.max(position.rev, rev) });
      return;
    }
    this.#leaseUntil.delete(id);
    this.#positions.delete(id);
    this.#focused.delete(id);
    this.#absentUntil.set(id, Date.now() + this.#timing.deviceTracker.absentMs);
    if (this.#source.hasDevices(id) !== false) this.#source.setDevices(id, false);
  }
}
