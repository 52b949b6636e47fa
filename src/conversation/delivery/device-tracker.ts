import type { ConversationId, UserId } from "../../domain/ids.ts";
import type { DeliveredPosition, InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { SyncPosition } from "../../domain/sync/replay.ts";
import type { Timing } from "../../domain/timing.ts";

/** What the fan-out asks of the conversation. */
export interface FanoutSource {
  conversationId: ConversationId;
  /** everybody on record, who left too, until he has the snapshot of his leaving */
  ids(): UserId[];
  /** the version of a member's snapshot as it is now */
  version(userId: UserId): number;
  /** what his inbox is to know; for his devices with what came after `told`, where that is known */
  update(userId: UserId, told: DeliveredPosition): InboxUpdate;
  /** a large group: not everybody is told of everything at once */
  isLarge(): boolean;
  /** the place of the newest message and the newest change */
  deliveredPosition(): SyncPosition;
  /** whether the member's devices had a socket open when his inbox last answered; null: it never has */
  hasDevices(userId: UserId): boolean | null;
  setDevices(userId: UserId, hasDevices: boolean): void;
  /** whether something waits for his devices besides what his version tells */
  hasEphemeral(userId: UserId): boolean;
  /** his inbox has taken this bump, for devices or for nobody: its passing events wait no more */
  delivered(userId: UserId, update: InboxUpdate): void;
}

/** Whose devices listen, as far as the conversation knows, and up to where they were told. */
export class DeviceTracker {
  readonly #members: FanoutSource;
  readonly #timing: Pick<Timing, "deviceTracker" | "subscription">;
  /** a hint: his inbox knows, and asks for what it misses. In the order of their turns */
  readonly #positions = new Map<UserId, SyncPosition>();
  readonly #leaseUntil = new Map<UserId, number>();
  /** until when it is certain that a member has no devices: else he would have said hello */
  readonly #absentUntil = new Map<UserId, number>();

  constructor(members: FanoutSource, timing: Pick<Timing, "deviceTracker" | "subscription">) {
    this.#members = members;
    this.#timing = timing;
    for (const id of members.ids())
      if (members.hasDevices(id)) this.#positions.set(id, members.deliveredPosition());
  }

  /** Whether a member has devices that listen. */
  hasDevices(id: UserId): boolean {
    return this.#positions.has(id);
  }

  /** Up to where his devices were told; null: he has none, or it is unknown. */
  positionOf(id: UserId): DeliveredPosition {
    return this.#positions.get(id) ?? null;
  }

  /** The next of those with devices for whom `isDue`: each comes in his turn. */
  next(isDue: (id: UserId) => boolean): UserId | undefined {
    for (const [id, place] of this.#positions) {
      if (!isDue(id)) continue;
      this.#positions.delete(id);
      this.#positions.set(id, place);
      return id;
    }
    return undefined;
  }

  /** A member says that he wants to hear at once. @param listens a device is there, or is about to be */
  subscribe(id: UserId, listens: boolean): void {
    this.#leaseUntil.set(id, Date.now() + this.#timing.subscription.leaseMs);
    if (listens) this.#deliveredUpTo(id, this.#members.deliveredPosition());
  }

  /** A member's inbox has taken a bump. @param told up to where his devices know; null: he has none */
  answered(id: UserId, told: DeliveredPosition): void {
    if (told) this.#deliveredUpTo(id, told);
    else this.#deliveryFailed(id);
  }

  /**
   * Whether a member may have devices that listen. A large group takes it as it was when he was last told, or said
   * hello; elsewhere the first of them may have come a while after that.
   */
  mayReceiveEphemeral(id: UserId): boolean {
    if (this.#members.hasDevices(id) !== false) return true;
    return !this.#members.isLarge() && (this.#absentUntil.get(id) ?? 0) <= Date.now();
  }

  /** Whether he is told by the alarm alone: nobody of a large group waits for what he does not look at. */
  isDeferred(id: UserId): boolean {
    if (this.#members.hasDevices(id) !== false || !this.#members.isLarge()) return false;
    return (this.#leaseUntil.get(id) ?? 0) <= Date.now();
  }

  #deliveredUpTo(id: UserId, place: SyncPosition): void {
    this.#positions.set(id, place);
    if (this.#members.hasDevices(id) !== true) this.#members.setDevices(id, true);
  }

  /** His devices have closed their sockets; who has just said hello may be about to open one. */
  #deliveryFailed(id: UserId): void {
    if ((this.#leaseUntil.get(id) ?? 0) > Date.now()) return;
    this.#leaseUntil.delete(id);
    this.#positions.delete(id);
    this.#absentUntil.set(id, Date.now() + this.#timing.deviceTracker.absentMs);
    if (this.#members.hasDevices(id) !== false) this.#members.setDevices(id, false);
  }
}
