import type { Bump } from "../core/bump.ts";
import type { UserId } from "../core/ids.ts";
import { fault, log } from "../core/log.ts";
import type { Inboxes } from "../core/ports.ts";
import { withDeadline } from "../object/deadline.ts";

const AT_ONCE = 4;
const PER_SECOND = 200;
const BURST = 50;
/** An inbox that has not answered by then is tried again by the alarm. */
const BUMP_MS = 5_000;
/** After this long the alarm looks whether everybody was told. */
export const REPAIR_MS = 30_000;

/** What the fan-out asks of the conversation. */
export interface Membership {
  /** everybody on record, who left too, until he has the snapshot of his leaving */
  ids(): UserId[];
  /** the version of a member's snapshot as it is now */
  version(userId: UserId): number;
  bump(userId: UserId): Bump;
}

/** The note in storage that not everybody may have been told: a crash or an eviction leaves it standing. */
export interface Note {
  exists(): boolean;
  write(): void;
  erase(): void;
}

/**
 * Tells every member's inbox what the conversation looks like for him: paced, off the senders' way.
 * One pump, 4 inboxes at a time, 200 a second at most; a member who was told an older version while
 * he waited is told the newest once.
 */
export class Fanout {
  readonly #members: Membership;
  readonly #inboxes: Inboxes;
  readonly #note: Note;
  readonly #told = new Map<UserId, number>();
  readonly #telling = new Map<UserId, Promise<void>>();
  /** whose inbox refused; the alarm tries them again */
  readonly #failed = new Set<UserId>();
  #noteStands: boolean;
  #erasedAt = 0;
  #pumping = false;
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
    if (!this.#noteStands) {
      this.#note.write();
      this.#noteStands = true;
    }
    this.resume();
  }

  /** Goes on where a crash or an eviction has left members untold. */
  resume(): void {
    if (!this.#noteStands || this.#pumping) return;
    this.#pump().catch((error: unknown) => log("error", "fanout_failed", fault(error)));
  }

  /** One try to tell these users at once, so that they read what was written. */
  async tellNow(userIds: UserId[]): Promise<void> {
    await Promise.all(userIds.map((id) => this.#tell(id)));
  }

  /**
   * For the alarm: tries again whom it could not tell, and says whether all know.
   * @returns true once the note has been erased
   */
  async repair(): Promise<boolean> {
    this.#failed.clear();
    if (!this.#pumping) await this.#pump();
    return !this.#isBehind();
  }

  /** The alarm has erased the note. */
  erased(): void {
    this.#noteStands = false;
    this.#erasedAt = Date.now();
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    try {
      for (let batch = this.#due(); batch.length > 0; batch = this.#due()) {
        await Promise.all(batch.map((id) => this.#tell(id)));
        await this.#pace(batch.length);
      }
    } finally {
      this.#pumping = false;
    }
    // Rows cost: in a busy room the note stays and the alarm erases it.
    const now = Date.now();
    if (this.#noteStands && !this.#isBehind() && now - this.#erasedAt > REPAIR_MS) {
      this.#note.erase();
      this.erased();
    }
  }

  /** The next members who do not know the newest, from where the pump stopped. */
  #due(): UserId[] {
    const ids = this.#members.ids();
    const due: UserId[] = [];
    for (let i = 0; i < ids.length && due.length < AT_ONCE; i++) {
      const id = ids[(this.#next + i) % ids.length];
      if (id === undefined || this.#failed.has(id) || this.#knows(id)) continue;
      due.push(id);
      if (due.length === AT_ONCE) this.#next = (this.#next + i + 1) % ids.length;
    }
    return due;
  }

  #knows(id: UserId): boolean {
    return (this.#told.get(id) ?? -1) >= this.#members.version(id);
  }

  #isBehind(): boolean {
    return this.#members.ids().some((id) => !this.#knows(id));
  }

  /** Many who wait for the same member share a call: at most one is under way and one to come. */
  async #tell(id: UserId): Promise<void> {
    const wanted = this.#members.version(id);
    while ((this.#told.get(id) ?? -1) < wanted) {
      const underWay = this.#telling.get(id);
      const call = underWay ?? this.#call(id);
      await call;
      if (this.#failed.has(id)) return;
    }
  }

  #call(id: UserId): Promise<void> {
    const bump = this.#members.bump(id);
    const call = withDeadline(this.#inboxes.bump(id, bump), BUMP_MS)
      .then(() => {
        this.#told.set(id, Math.max(bump.ver, this.#told.get(id) ?? -1));
        this.#failed.delete(id);
      })
      .catch((error: unknown) => {
        this.#failed.add(id);
        log("warn", "bump_failed", { conversation: bump.conversationId, user: id, ...fault(error) });
      })
      .finally(() => this.#telling.delete(id));
    this.#telling.set(id, call);
    return call;
  }

  async #pace(spent: number): Promise<void> {
    const now = Date.now();
    this.#tokens = Math.min(BURST, this.#tokens + ((now - this.#refilledAt) / 1_000) * PER_SECOND) - spent;
    this.#refilledAt = now;
    const wait = this.#tokens >= 0 ? 0 : (-this.#tokens / PER_SECOND) * 1_000;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}
