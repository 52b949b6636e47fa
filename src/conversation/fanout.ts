import type { Told } from "../core/bump.ts";
import type { UserId } from "../core/ids.ts";
import { fault, log } from "../core/log.ts";
import type { Inboxes } from "../core/ports.ts";
import type { Timing } from "../core/timing.ts";
import { withDeadline } from "../object/deadline.ts";
import { Attendance, type Membership } from "./attendance.ts";
import { Pace } from "./pace.ts";

const LANES = 4;
/** One bump in so many is for those without devices, where those with some would keep all lanes. */
const OTHERS_TURN = 4;

/** A note in storage that something may be left to do: a crash or an eviction leaves it standing. */
export interface Note {
  exists(): boolean;
  write(): void;
  erase(): void;
}

/**
 * Tells every member's inbox what the conversation looks like for him: paced, off the senders' way.
 * Four lanes, 200 inboxes a second at most, each at once and then at most every half second; whoever has
 * waited is told the newest once. One that does not answer keeps its lane, not the others'; those which have not
 * answered never keep the last one.
 * Members with devices' sockets go first, and rest for a moment only. In a large group those without wait for
 * the alarm, unless they ask: a message costs as many calls as there are people to see it.
 */
export class Fanout {
  readonly #members: Membership;
  readonly #inboxes: Inboxes;
  readonly #note: Note;
  readonly #timing: Timing;
  readonly #attendance: Attendance;
  readonly #pace: Pace;
  readonly #told = new Map<UserId, number>();
  readonly #telling = new Map<UserId, Promise<void>>();
  readonly #lanes = new Set<Promise<void>>();
  readonly #restUntil = new Map<UserId, number>();
  /** who is told by the alarm now, of a large group */
  readonly #sweep = new Set<UserId>();
  /** whose inbox refused last */
  readonly #failed = new Set<UserId>();
  /** whose inbox has not taken a bump since it refused one: the others have a lane to themselves */
  readonly #doubtful = new Set<UserId>();
  #waking: { at: number; timer: ReturnType<typeof setTimeout> } | undefined;
  #noteStands: boolean;
  #erasedAt = 0;
  #next = 0;
  #turns = 0;

  constructor(members: Membership, inboxes: Inboxes, note: Note, timing: Timing) {
    this.#members = members;
    this.#inboxes = inboxes;
    this.#note = note;
    this.#timing = timing;
    this.#pace = new Pace(timing.pace);
    this.#noteStands = note.exists();
    // Without a note everybody had been told what start-up finds.
    if (!this.#noteStands) for (const id of members.ids()) this.#told.set(id, members.version(id));
    this.#attendance = new Attendance(members, timing);
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
    if (this.#noteStands) this.#start();
  }

  /** Something passes by of which devices are to hear; it is told now or never. */
  passing(): void {
    this.#start();
  }

  /**
   * A member's inbox knows the newest; whatever comes is told to it without delay from now on.
   * @param listens a device is there, or is about to be: it goes before those who have only looked at their lists
   */
  hello(id: UserId, listens: boolean): void {
    this.#attendance.hello(id, listens);
    this.#restUntil.delete(id);
  }

  /** @see Attendance.mayHear */
  mayHear(id: UserId): boolean {
    return this.#attendance.mayHear(id);
  }

  /** Whether a member's inbox knows the newest. */
  knows(id: UserId): boolean {
    return (this.#told.get(id) ?? -1) >= this.#members.version(id);
  }

  #start(): void {
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
    const untold = [...new Set(userIds)].filter((id) => !this.knows(id));
    await Promise.all(untold.slice(0, most).map((id) => this.#tell(id)));
  }

  /**
   * For the alarm: tries again whom it could not tell. In a busy room the lanes have no end, so it waits
   * for them for a while only: other jobs want the alarm too.
   * @returns true once everybody knows: the note is to be erased in this turn
   */
  async repair(): Promise<boolean> {
    // Whom only the alarm tells rests as long as he has to.
    for (const id of this.#restUntil.keys()) {
      if (this.#failed.has(id) || !this.#attendance.isSlow(id)) this.#restUntil.delete(id);
    }
    this.#failed.clear();
    for (const id of this.#members.ids())
      if (this.#attendance.isSlow(id) && !this.knows(id)) this.#sweep.add(id);
    this.resume();
    await withDeadline(Promise.all(this.#lanes), this.#timing.fanout.drainTimeoutMs).catch(() => undefined);
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
      await this.#call(id);
      await this.#pace.next();
    }
  }

  #ended(lane: Promise<void>): void {
    this.#lanes.delete(lane);
    this.#start();
    // Rows cost: in a busy room the note stays and the alarm erases it.
    const mayErase = this.#noteStands && Date.now() - this.#erasedAt > this.#timing.retryMarker.dueMs;
    if (this.#lanes.size === 0 && mayErase && !this.#isBehind()) {
      this.#note.erase();
      this.#erased();
    }
  }

  /**
   * The next member who is to be told: first those with devices, but now and then one of the others. Each of both
   * comes in his turn: in a room which is never quiet whoever was told first wants to be told again before the last.
   */
  #due(): UserId | undefined {
    this.#turns++;
    const listener = () => this.#attendance.next((id) => this.#isDue(id));
    if (this.#turns % OTHERS_TURN === 0) return this.#dueOther() ?? listener();
    return listener() ?? this.#dueOther();
  }

  #dueOther(): UserId | undefined {
    const ids = this.#members.ids();
    for (let i = 0; i < ids.length; i++) {
      const at = (this.#next + i) % ids.length;
      const id = ids[at];
      if (id === undefined || this.#attendance.hasDevices(id) || !this.#isDue(id)) continue;
      this.#next = at + 1;
      return id;
    }
    return undefined;
  }

  #isDue(id: UserId): boolean {
    if (this.#telling.has(id) || this.#isResting(id) || this.#isHeldBack(id)) return false;
    return this.#isWaiting(id) && (!this.#attendance.isSlow(id) || this.#sweep.has(id));
  }

  /** Whether there is something for him that no failure holds up. */
  #isWaiting(id: UserId): boolean {
    return !this.#failed.has(id) && (!this.knows(id) || this.#members.hasPassing(id));
  }

  /** Whether it is for who answers: all lanes but one wait for inboxes that may not. */
  #isHeldBack(id: UserId): boolean {
    if (!this.#doubtful.has(id)) return false;
    let waiting = 0;
    for (const other of this.#telling.keys()) if (this.#doubtful.has(other)) waiting++;
    return waiting >= LANES - 1;
  }

  #isResting(id: UserId): boolean {
    return (this.#restUntil.get(id) ?? 0) > Date.now();
  }

  /** Sees to it that who rests is told what has come meanwhile; who refused waits for a change or the alarm. */
  #wakeLater(): void {
    let next = Number.POSITIVE_INFINITY;
    for (const [id, until] of this.#restUntil) {
      // Who is being told wakes the lanes himself when that ends.
      const isWanted = this.#isWaiting(id) && !this.#attendance.isSlow(id);
      const waits = isWanted && !this.#telling.has(id) && !this.#isHeldBack(id);
      if (waits) next = Math.min(next, until);
    }
    if (!Number.isFinite(next) || (this.#waking && this.#waking.at <= next)) return;
    // Who has devices rests for a moment: he does not wait for whoever rests longer.
    clearTimeout(this.#waking?.timer);
    const wake = () => {
      this.#waking = undefined;
      this.#start();
    };
    this.#waking = { at: next, timer: setTimeout(wake, Math.max(1, next - Date.now())) };
  }

  #isBehind(): boolean {
    return this.#members.ids().some((id) => !this.knows(id));
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
      this.#sweep.delete(id);
      const bump = this.#members.bump(id, this.#attendance.placeOf(id));
      return { bump, told: await this.#inboxes.bump(id, bump) };
    };
    const call = withDeadline(bumped(), this.#timing.fanout.callTimeoutMs)
      .then(({ bump, told }) => {
        this.#told.set(id, Math.max(bump.ver, this.#told.get(id) ?? -1));
        this.#failed.delete(id);
        this.#doubtful.delete(id);
        this.#members.took(id, bump);
        this.#attendance.answered(id, told);
        this.#restUntil.set(id, Date.now() + this.#cooldownMs(id, told));
      })
      .catch((error: unknown) => {
        this.#failed.add(id);
        this.#doubtful.add(id);
        this.#restUntil.set(id, Date.now() + this.#timing.fanout.retryMs);
        log("warn", "bump_failed", { conversation: this.#members.conversationId, user: id, ...fault(error) });
      })
      .finally(() => {
        this.#telling.delete(id);
        // What changed meanwhile found him being told.
        this.#start();
      });
    this.#telling.set(id, call);
    return call;
  }

  #cooldownMs(id: UserId, told: Told): number {
    const { cooldownMs, deviceCooldownMs, largeGroupCooldownMs } = this.#timing.fanout;
    if (told) return deviceCooldownMs;
    return this.#attendance.isSlow(id) ? largeGroupCooldownMs : cooldownMs;
  }
}
