import type { UserId } from "../../domain/ids.ts";
import { readAlsoMentioned, readMentions } from "../log/mention-index.ts";
import type { MessageRow } from "../log/row.ts";
import type { RoomStores } from "../room/context.ts";
import type { StateMark } from "./fanout-checkpoint.ts";

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
  readonly #room: Pick<RoomStores, "log" | "members" | "snapshots">;
  readonly #told = new Map<UserId, number>();
  readonly #waiting = new Set<UserId>();

  constructor(room: Pick<RoomStores, "log" | "members" | "snapshots">) {
    this.#room = room;
  }

  /**
   * Tells what memory has lost.
   * @param since a state that all told members had; null: none is known, and all are told
   * @param behind the users who lacked that state
   */
  restore(since: StateMark | null, behind: readonly UserId[]): void {
    const { log, members } = this.#room;
    if (!since) this.tell(members.ids());
    for (const { user_id: id, state, touched, devices } of members.standing(since?.touched ?? 0)) {
      if (devices !== 0) this.#waiting.add(id);
      if (touched > (since?.touched ?? 0) || state === "left") this.tell([id]);
    }
    this.tell(behind);
    if (since) this.#tellNamed(log.mentionedAfter(since.seq));
  }

  /** Tells these users, as far as they are members or have just left. */
  tell(userIds: Iterable<UserId>): void {
    const { members, snapshots } = this.#room;
    for (const id of userIds)
      if (!members.isSettled(id)) this.#told.set(id, snapshots.version(members.find(id)));
  }

  /** Tells the senders of messages, and whom they name. */
  sent(rows: readonly MessageRow[]): void {
    for (const { sender_id: sender, mentions, also_mentioned: also, shadowed } of rows) {
      this.tell([sender]);
      if (mentions === null || shadowed !== null) continue;
      const named = readMentions(mentions);
      this.#tellNamed(named === "all" ? named : [...named, ...(readAlsoMentioned(also) ?? [])]);
    }
  }

  #tellNamed(named: readonly UserId[] | "all"): void {
    this.tell(named === "all" ? this.#room.members.ids() : named);
  }

  ids(): UserId[] {
    return [...this.#told.keys(), ...this.#waiting];
  }

  /** The same, in the order of their turns: who was called comes last. Some come twice. */
  *inTurn(): Iterable<UserId> {
    yield* this.#told.keys();
    yield* this.#waiting;
  }

  /** The version that a member is told; undefined: they are not told. */
  needs(id: UserId): number | undefined {
    return this.#told.get(id);
  }

  isWaiting(id: UserId): boolean {
    return this.#waiting.has(id);
  }

  /** A member's inbox has answered whether something waits there. */
  setWaiting(id: UserId, isWaiting: boolean): void {
    this.#waiting.delete(id);
    if (isWaiting) this.#waiting.add(id);
  }

  /** An inbox has confirmed a version. */
  confirmed(id: UserId, version: number): void {
    const needed = this.#told.get(id);
    this.#told.delete(id);
    if (needed !== undefined && version < needed) this.#told.set(id, needed);
    if (this.#room.members.isSettled(id)) this.#waiting.delete(id);
  }
}
