import type { UserId } from "../../domain/ids.ts";
import { readAlsoMentioned, readMentions } from "../log/mention-index.ts";
import type { MessageRow } from "../log/row.ts";
import type { Standing } from "../members/stored-members.ts";
import type { RoomStores } from "../room/context.ts";
import { versionOf } from "../views/member-snapshots.ts";
import type { StateMark } from "./fanout-checkpoint.ts";

/** So many rows are read by one query, and not by key. */
const MANY = 100;

/**
 * Whom a crowd calls, so that a message costs the same whatever the number of members:
 * - *told* members, each with the version that their inbox needs: who wrote, who is named, and whose own
 *   state has changed;
 * - *waiting* ones, for whom an inbox without device sockets waits: phones and bots, and members whose inbox
 *   has not answered yet.
 *
 * All other inboxes ask when a list is read, and once a minute while a device is connected.
 */
export class CrowdCalls {
  readonly #room: Pick<RoomStores, "log" | "members" | "profiles" | "snapshots">;
  readonly #told = new Map<UserId, number>();
  /** with `touched` of their rows, so that nobody's row is read to find out that they lack nothing */
  readonly #waiting = new Map<UserId, number>();
  /** the bots among those who wait */
  readonly #bots = new Set<UserId>();

  constructor(room: Pick<RoomStores, "log" | "members" | "profiles" | "snapshots">) {
    this.#room = room;
  }

  /**
   * Tells what memory has lost.
   * @param since a state that all told members had; null: none is known, and all are told
   * @param behind the users who lacked that state
   */
  restore(since: StateMark | null, behind: readonly UserId[]): void {
    const { log, members, profiles } = this.#room;
    const known = since?.touched ?? Number.MAX_SAFE_INTEGER;
    const bots = new Set(profiles.bots());
    for (const standing of members.standing({ changedAfter: known })) {
      const { user_id: id, state, touched, devices } = standing;
      if (devices !== 0 && state === "active") this.#wait(id, touched, bots.has(id));
      if (touched > known || state === "left") this.#tell(standing);
    }
    this.tell(since ? behind : "all");
    if (since) this.tell(log.mentionedAfter(since.seq));
  }

  /** Tells these users, as far as they are members or have just left. */
  tell(userIds: readonly UserId[] | "all"): void {
    const { members } = this.#room;
    if (userIds === "all" || userIds.length > MANY)
      for (const standing of members.standing(userIds)) this.#tell(standing);
    else
      for (const id of userIds) {
        const member = members.isSettled(id) ? undefined : members.find(id);
        if (member) this.#tell(member);
      }
  }

  #tell(standing: Pick<Standing, "user_id" | "state" | "touched" | "left_ver">): void {
    const { user_id: id, state, touched } = standing;
    this.#told.set(id, this.#room.snapshots.version(standing));
    if (!this.#waiting.has(id)) return;
    if (state === "active") this.#waiting.set(id, touched);
    else this.#stopWaiting(id);
  }

  /** Tells the senders of messages, and whom they name. */
  sent(rows: readonly MessageRow[]): void {
    for (const { sender_id: sender, mentions, also_mentioned: also, shadowed } of rows) {
      this.tell([sender]);
      if (mentions === null || shadowed !== null) continue;
      const named = readMentions(mentions);
      this.tell(named === "all" ? named : [...named, ...(readAlsoMentioned(also) ?? [])]);
    }
  }

  ids(): UserId[] {
    return [...this.#told.keys(), ...this.#waiting.keys()];
  }

  /** The same, in the order of their turns: who was called comes last. Some come twice. */
  *inTurn(): Iterable<UserId> {
    yield* this.#told.keys();
    yield* this.#waiting.keys();
  }

  /** Whether a member is told soon: others who wait are told once a minute. */
  isUrgent(id: UserId): boolean {
    return this.#told.has(id) || this.#bots.has(id);
  }

  /** The version that a member's inbox needs; undefined: they are not called. */
  needs(id: UserId): number | undefined {
    const touched = this.#waiting.get(id);
    if (touched === undefined) return this.#told.get(id);
    return this.#room.snapshots.version({ left_ver: null, touched });
  }

  /** The version that a member who waits had at a mark; null: it is not known, or has changed since. */
  neededAt(id: UserId, { seq, changes, touched: known }: Omit<StateMark, "rev">): number | null {
    const touched = this.#waiting.get(id);
    return touched === undefined || touched > known ? null : versionOf(seq, changes, touched);
  }

  /**
   * A member's inbox has answered whether something waits there. A bot always waits.
   * @returns whether the member does from now on
   */
  setWaiting(id: UserId, awaits: boolean): boolean {
    const { members, profiles } = this.#room;
    const isBot = profiles.get(id).bot === true;
    this.#stopWaiting(id);
    const member = awaits || isBot ? members.findActive(id) : null;
    if (member) this.#wait(id, member.touched, isBot);
    return member !== null;
  }

  #wait(id: UserId, touched: number, isBot: boolean): void {
    this.#waiting.set(id, touched);
    if (isBot) this.#bots.add(id);
  }

  #stopWaiting(id: UserId): void {
    this.#waiting.delete(id);
    this.#bots.delete(id);
  }

  /** An inbox has confirmed a version. */
  confirmed(id: UserId, version: number): void {
    const needed = this.#told.get(id);
    this.#told.delete(id);
    if (needed !== undefined && version < needed) this.#told.set(id, needed);
    if (this.#room.members.isSettled(id)) this.#stopWaiting(id);
  }
}
