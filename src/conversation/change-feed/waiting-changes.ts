import type { Seq, UserId } from "../../domain/ids.ts";

/** A changed message that waits for its announcement. */
interface WaitingChange {
  /** the number of its last change */
  rev: number;
  /** what its announcement costs a reader */
  bytes: number;
  /** the user who changed it first since its last announcement; null: the server */
  by: UserId | null;
  /** the users whose own part of the message has changed */
  owners: Set<UserId>;
}

/** What is announced together. */
interface Batch {
  /** the messages, in the order of their last change, with the users whose own part has changed */
  ownersOf: ReadonlyMap<Seq, ReadonlySet<UserId>>;
  bytes: number;
  /** the last of these changes; null: nothing has waited */
  rev: number | null;
}

/** Changed messages that wait for their announcement, in the order of their last change. */
export class WaitingChanges {
  readonly #changes = new Map<Seq, WaitingChange>();
  readonly #bytesOfUsers = new Map<UserId, number>();

  get isEmpty(): boolean {
    return this.#changes.size === 0;
  }

  has(seq: Seq): boolean {
    return this.#changes.has(seq);
  }

  /** What the changes of a user that wait cost a reader. */
  bytesOf(userId: UserId): number {
    return this.#bytesOfUsers.get(userId) ?? 0;
  }

  /**
   * Notes a change. A message that waits already is announced once, with the later rev.
   * @param owner the user whose own part has changed
   */
  add(seq: Seq, { owner, ...change }: Omit<WaitingChange, "owners"> & { owner: UserId | undefined }): void {
    const known = this.#take(seq);
    const owners = known?.owners ?? new Set();
    if (owner !== undefined) owners.add(owner);
    const by = known ? known.by : change.by;
    this.#changes.set(seq, { ...change, by, owners });
    this.#count(by, change.bytes);
  }

  /** The messages that are announced first, at most `limit`. */
  first(limit: number): Seq[] {
    return [...this.#changes.keys()].slice(0, limit);
  }

  /** Takes out the first changes: one, and more up to `limit` while they have at most `maxBytes`. */
  next(maxBytes: number, limit: number): Batch {
    const ownersOf = new Map<Seq, ReadonlySet<UserId>>();
    let bytes = 0;
    let rev: number | null = null;
    for (const [seq, change] of this.#changes) {
      if (rev !== null && (bytes + change.bytes > maxBytes || ownersOf.size === limit)) break;
      this.#take(seq);
      ownersOf.set(seq, change.owners);
      bytes += change.bytes;
      rev = change.rev;
    }
    return { ownersOf, bytes, rev };
  }

  #take(seq: Seq): WaitingChange | undefined {
    const change = this.#changes.get(seq);
    this.#changes.delete(seq);
    if (change) this.#count(change.by, -change.bytes);
    return change;
  }

  #count(by: UserId | null, bytes: number): void {
    if (by === null) return;
    const left = this.bytesOf(by) + bytes;
    if (left > 0) this.#bytesOfUsers.set(by, left);
    else this.#bytesOfUsers.delete(by);
  }
}
