import { Position } from "../../domain/ids.ts";
import type { RoomContext } from "../room/context.ts";
import type { Indexer } from "../search/indexer.ts";
import { type ContentFollower, upToHeavy } from "../state/content-follower.ts";
import type { ExpiredMessages } from "./expired-messages.ts";
import type { RetentionSchedule } from "./schedule.ts";

/** The messages that one turn empties: four times as many as a turn of an erasure revokes. */
const MAX_EMPTIED = 200;

interface RetentionDeps {
  schedule: RetentionSchedule;
  expired: ExpiredMessages;
  indexer: Pick<Indexer, "isSettled">;
  followers: readonly ContentFollower[];
  /** tells the members with sockets or devices how they see the conversation now */
  tellMembers(): void;
}

/**
 * Has messages expire. First the floor rises, in one step however many messages are below it: from then on
 * nobody sees them, in any way. Then they are emptied in parts, so that nobody waits for it.
 */
export class Retention {
  readonly #room: RoomContext;
  readonly #deps: RetentionDeps;

  constructor(room: RoomContext, deps: RetentionDeps) {
    this.#room = room;
    this.#deps = deps;
  }

  /** After a change of what is kept, in the turn of the write. */
  changed(): void {
    this.#deps.schedule.resume();
  }

  /** The `retention` job. @returns when it runs again (ms since 1970); null: nothing is left to expire */
  run(): number | null {
    const { schedule } = this.#deps;
    this.#room.flushSends();
    if (schedule.keptMs !== null) this.#raiseFloor(Date.now() - schedule.keptMs);
    if (!schedule.isHeld) this.#emptySome();
    return schedule.next();
  }

  /** Has all messages up to a time expire. @param time ms since 1970 */
  #raiseFloor(time: number): void {
    const { state, log, members, threads } = this.#room;
    const seq = log.lastUntil(time);
    if (seq <= state.floor.seq) return;
    const floor = { seq, n: log.headAt(seq).n };
    const next = log.main.next(seq);
    this.#room.commit((tx) => {
      state.setFloor(tx, floor);
      members.raiseFloor(tx, floor, (next ?? Number.MAX_SAFE_INTEGER) - 1);
      // Nobody follows a thread whose root they do not see.
      threads.follows.endOfExpired(tx, seq);
      // Previews and unread counts of all lists change.
      state.raise(tx, { changes: 1 });
      tx.after(() => log.expired(seq));
      tx.publish(() => this.#room.publish([]));
      tx.publish(() => this.#deps.tellMembers());
    });
  }

  /** Empties the next expired messages, with all that is stored about them. */
  #emptySome(): void {
    const { state, log } = this.#room;
    const { expired, indexer, followers } = this.#deps;
    // The index loses texts slower than this turn empties messages: it keeps up.
    if (state.emptiedSeq >= state.floor.seq || !indexer.isSettled) return;
    const found = expired.range(state.emptiedSeq, state.floor.seq, MAX_EMPTIED + 1);
    const rows = upToHeavy(log.cut(found, MAX_EMPTIED).rows);
    const last = rows.at(-1);
    if (!last) return;
    this.#room.commit((tx) => {
      for (const row of rows) {
        for (const follower of followers) follower.removed?.(tx, row);
        expired.empty(row);
      }
      state.setEmptied(tx, Position.parse(last.seq));
    });
  }
}
