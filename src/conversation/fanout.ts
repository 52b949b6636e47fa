import type { Bump } from "../core/bump.ts";
import type { ConversationId, UserId } from "../core/ids.ts";
import { fault, log } from "../core/log.ts";
import type { Inboxes } from "../core/ports.ts";
import { withDeadline } from "../object/deadline.ts";

const LANES = 4;
const PER_SECOND = 200;
const BURST = 50;
/**
 * After a bump a member rests: in a busy room he is told twice a second and not a hundred times. His inbox
 * asks for the newest itself when he looks at his list meanwhile.
 */
const REST_MS = 500;
/** An inbox that refused rests longer. */
const RETRY_MS = 2_000;
/** An inbox that has not answered by then is tried again by the alarm. */
const BUMP_MS = 5_000;
/** After this long the alarm looks whether everybody was told. */
export const REPAIR_MS = 30_000;
/** How long the alarm waits for the lanes. */
const REPAIR_WAIT_MS = 2_000;

/** What the fan-out asks of the conversation. */
export interface Membership {
  conversationId: ConversationId;
  /** everybody on record, who left too, until he has the snapshot of his leaving */
  ids(): UserId[];
  /** the version of a member's snapshot as it is now */
  version(userId: UserId): number;
  bump(userId: UserId): Bump;
}

/** A note in storage that something may be left to do: a crash or an eviction leaves it standing. */
export interface Note {
  exists(): boolean;
  write(): void;
  erase(): void;
}

/**
 * Tells every member's inbox what the conversation looks like for him: paced, off the senders' way.
 * Four lanes, 200 inboxes a second at most, each at once and then at most every half second; whoever has
 * waited is told the newest once. One that does not answer keeps its lane, not the others'.
 */
export class Fanout {
  readonly #members: Membership;
  readonly #inboxes: Inboxes;
  readonly #note: Note;
  readonly #told = new Map<UserId, number>();
  readonly #telling = new Map<UserId, Promise<void>>();
  readonly #lanes = new Set<Promise<void>>();
  readonly #restUntil = new Map<UserId, number>();
  /** whose inbox refused last */
  readonly #failed = new Set<UserId>();
  #waking: ReturnType<typeof setTimeout> | undefined;
  #noteStands: boolean;
  #erasedAt = 0;
  #next = 0;
  #tokens = BURST;
  #refilledAt = 0;

  constructor(members: Membership, inboxes: Inboxes, note: Note) {
    this.#members = members;
    this.#inboxes = inboxes;
    this.#note = note;
    this.#noteStands = note.exists();
    // Without a note everybody had been told what start-up finds.
    if (!this.#noteStands) for (const id of members.ids()) this.#told.set(id, members.version(id));
  }

  /** Something changed: call it in the same turn as the write, then the note is in the same commit. */
  changed(): void {
    for (const id of this.#failed) if (!this.#isResting(id)) this.#failed.delete(id);
    if (!this.#noteStands) {
      this.#note.write();
      this.#noteStands = true;
    }
    this.resume();
  }

  /** Goes on where a crash or an eviction has left members untold. */
  resume(): void {
    if (!this.#noteStands) return;
    while (this.#lanes.size < LANES) {
      const first = this.#due();
      if (first === undefined) {
        this.#wakeLater();
        return;
      }
      const lane = this.#lane(first)
        .catch((error: unknown) => log("error", "fanout_failed", fault(error)))
        .finally(() => this.#ended(lane));
      this.#lanes.add(lane);
    }
  }

  /** One try to tell those of these users at once who do not know yet, so that they read what was written. */
  async tellNow(userIds: UserId[], most = userIds.length): Promise<void> {
    const untold = [...new Set(userIds)].filter((id) => !this.#knows(id));
    await Promise.all(untold.slice(0, most).map((id) => this.#tell(id)));
  }

  /**
   * For the alarm: tries again whom it could not tell. In a busy room the lanes have no end, so it waits
   * for them for a while only: other jobs want the alarm too.
   * @returns true once everybody knows: the note is to be erased in this turn
   */
  async repair(): Promise<boolean> {
    this.#failed.clear();
    this.#restUntil.clear();
    this.resume();
    await withDeadline(Promise.all(this.#lanes), REPAIR_WAIT_MS).catch(() => undefined);
    if (this.#isBehind()) return false;
    this.#erased();
    return true;
  }

  #erased(): void {
    this.#noteStands = false;
    this.#erasedAt = Date.now();
  }

  async #lane(first: UserId): Promise<void> {
    for (let id: UserId | undefined = first; id !== undefined; id = this.#due()) {
      await this.#tell(id);
      await this.#pace();
    }
  }

  #ended(lane: Promise<void>): void {
    this.#lanes.delete(lane);
    this.resume();
    // Rows cost: in a busy room the note stays and the alarm erases it.
    const mayErase = this.#noteStands && Date.now() - this.#erasedAt > REPAIR_MS;
    if (this.#lanes.size === 0 && mayErase && !this.#isBehind()) {
      this.#note.erase();
      this.#erased();
    }
  }

  /** The next member who does not know the newest and is not being told, from where the last one stood. */
  #due(): UserId | undefined {
    const ids = this.#members.ids();
    for (let i = 0; i < ids.length; i++) {
      const at = (this.#next + i) % ids.length;
      const id = ids[at];
      if (id === undefined || this.#telling.has(id) || this.#failed.has(id)) continue;
      if (this.#knows(id) || this.#isResting(id)) continue;
      this.#next = at + 1;
      return id;
    }
    return undefined;
  }

  #knows(id: UserId): boolean {
    return (this.#told.get(id) ?? -1) >= this.#members.version(id);
  }

  #isResting(id: UserId): boolean {
    return (this.#restUntil.get(id) ?? 0) > Date.now();
  }

  /** Sees to it that who rests is told what has come meanwhile; who refused waits for a change or the alarm. */
  #wakeLater(): void {
    if (this.#waking !== undefined) return;
    let next = Number.POSITIVE_INFINITY;
    for (const [id, until] of this.#restUntil) {
      // Who is being told wakes the lanes himself when that ends.
      const waits = !this.#failed.has(id) && !this.#telling.has(id) && !this.#knows(id);
      if (waits) next = Math.min(next, until);
    }
    if (!Number.isFinite(next)) return;
    this.#waking = setTimeout(
      () => {
        this.#waking = undefined;
        this.resume();
      },
      Math.max(1, next - Date.now()),
    );
  }

  #isBehind(): boolean {
    return this.#members.ids().some((id) => !this.#knows(id));
  }

  /** Many who wait for the same member share a call: at most one is under way and one to come. */
  async #tell(id: UserId): Promise<void> {
    const wanted = this.#members.version(id);
    while ((this.#told.get(id) ?? -1) < wanted) {
      await (this.#telling.get(id) ?? this.#call(id));
      if (this.#failed.has(id)) return;
    }
  }

  #call(id: UserId): Promise<void> {
    // Made inside the promise: a bump that cannot be made is a refusal like any other.
    const bumped = async () => {
      const bump = this.#members.bump(id);
      await this.#inboxes.bump(id, bump);
      return bump.ver;
    };
    const call = withDeadline(bumped(), BUMP_MS)
      .then((ver) => {
        this.#told.set(id, Math.max(ver, this.#told.get(id) ?? -1));
        this.#failed.delete(id);
        this.#restUntil.set(id, Date.now() + REST_MS);
      })
      .catch((error: unknown) => {
        this.#failed.add(id);
        this.#restUntil.set(id, Date.now() + RETRY_MS);
        log("warn", "bump_failed", { conversation: this.#members.conversationId, user: id, ...fault(error) });
      })
      .finally(() => {
        this.#telling.delete(id);
        // What changed meanwhile found him being told.
        this.resume();
      });
    this.#telling.set(id, call);
    return call;
  }

  async #pace(): Promise<void> {
    const now = Date.now();
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#refilledAt) / 1_000) * PER_SECOND) - 1;
    this.#refilledAt = now;
    const wait = this.#tokens >= 0 ? 0 : (-this.#tokens / PER_SECOND) * 1_000;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
