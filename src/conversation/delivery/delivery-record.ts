import type { UserId } from "../../domain/ids.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { Timing } from "../../domain/timing.ts";
import type { FanoutSource } from "./device-tracker.ts";
import type { CheckpointStore, StateMark } from "./fanout-checkpoint.ts";

/** What the record is made from. */
interface DeliveryRecordDeps {
  store: CheckpointStore;
  /** no retry marker is set: every inbox is up to date, except those that failed */
  isUpToDate: boolean;
  isFailing(id: UserId): boolean;
  timing: Timing["largeGroup"];
}

/**
 * Which update each inbox has confirmed. The checkpoint restores it when the object wakes: an inbox that is
 * up to date is not called again. Without a checkpoint of the newest state, the inboxes behind it are called
 * again, as after a crash.
 */
export class DeliveryRecord {
  readonly #source: FanoutSource;
  readonly #store: CheckpointStore;
  readonly #timing: Timing["largeGroup"];
  readonly #versions = new Map<UserId, number>();
  /** the versions that inboxes are assumed to have, and have not confirmed */
  readonly #assumed = new Map<UserId, number>();
  /** after a crash: the change up to which devices had heard of all, by the checkpoint */
  readonly #checkpointRev: number | null;
  readonly #behind: ReadonlySet<UserId>;
  /** the members whose inbox knows that the group is large, and therefore subscribes to it */
  readonly #knowLarge = new Set<UserId>();
  /** Whether the checkpoint has the newest state. */
  isStored: boolean;
  /** Whether deferred members were served, and the checkpoint does not say so. */
  hasUnstoredRound = false;
  /** When the alarm last served all deferred members, in ms since 1970. */
  servedAt: number;

  constructor(source: FanoutSource, { store, isUpToDate, isFailing, timing }: DeliveryRecordDeps) {
    this.#source = source;
    this.#store = store;
    this.#timing = timing;
    const checkpoint = store.read();
    this.servedAt = checkpoint?.servedAt ?? 0;
    this.isStored = checkpoint !== null && isSame(checkpoint, source.mark());
    this.#checkpointRev = isUpToDate ? source.dueRev() : (checkpoint?.rev ?? null);
    const behind = new Set(checkpoint?.behind);
    this.#behind = isUpToDate ? new Set() : behind;
    const isLarge = isUpToDate ? source.isLarge() : checkpoint?.isLarge === true;
    for (const id of source.ids()) {
      if (isFailing(id)) continue;
      const stored = checkpoint ? source.versionAt(id, checkpoint) : null;
      const version = isUpToDate ? source.version(id) : stored;
      if (version === null) continue;
      if (isLarge) this.#knowLarge.add(id);
      if (isUpToDate || !behind.has(id)) this.#versions.set(id, version);
    }
  }

  /** The number of users in memory. */
  get size(): number {
    return this.#versions.size;
  }

  /** Whether a member's inbox has confirmed this version. */
  has(id: UserId, version: number): boolean {
    return (this.#versions.get(id) ?? -1) >= version;
  }

  /** The change up to which a member's devices had heard of all when the object started. */
  toldRev(id: UserId): number {
    if (this.#behind.has(id)) return 0;
    return this.#checkpointRev ?? this.#source.dueRev();
  }

  /** Whether a member's inbox has confirmed the newest update. */
  isDelivered(id: UserId): boolean {
    return this.has(id, this.#source.version(id));
  }

  /** Whether a member's inbox knows that the group is large. */
  knowsLarge(id: UserId): boolean {
    return this.#knowLarge.has(id);
  }

  /** A member's inbox is assumed to take an update. */
  assumed(id: UserId, { version }: InboxUpdate): void {
    this.#assumed.set(id, version);
  }

  /** Whether a member's inbox is assumed to have all that there is for it. */
  isAssumedUpToDate(id: UserId): boolean {
    return this.#assumed.get(id) === this.#source.version(id) && !this.#source.hasEphemeral(id);
  }

  /** A member's inbox has confirmed an update. An older one than before changes nothing. */
  confirmed(id: UserId, { version, memberCount }: InboxUpdate): void {
    if (version < (this.#versions.get(id) ?? -1)) return;
    this.#versions.set(id, version);
    if (version >= (this.#assumed.get(id) ?? -1)) this.#assumed.delete(id);
    if (memberCount > this.#timing.aboveMembers) this.#knowLarge.add(id);
    else this.#knowLarge.delete(id);
  }

  /** All deferred members have just been served. */
  served(): void {
    this.servedAt = Date.now();
    this.hasUnstoredRound = true;
    this.isStored = false;
  }

  /** Stores a checkpoint of the newest state. @param isBehind whether an inbox lacks it */
  save(isBehind: (id: UserId) => boolean): void {
    const behind = this.#source.ids().filter(isBehind);
    const { servedAt } = this;
    this.#store.save({ ...this.#source.mark(), behind, isLarge: this.#source.isLarge(), servedAt });
    this.isStored = true;
    this.hasUnstoredRound = false;
  }

  /** Forgets all other users. */
  retain(ids: ReadonlySet<UserId>): void {
    for (const known of [this.#versions, this.#assumed])
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    for (const id of this.#knowLarge) if (!ids.has(id)) this.#knowLarge.delete(id);
  }
}

function isSame(one: StateMark, other: StateMark): boolean {
  const isSameState = one.seq === other.seq && one.changes === other.changes && one.touched === other.touched;
  return isSameState && one.rev === other.rev;
}
