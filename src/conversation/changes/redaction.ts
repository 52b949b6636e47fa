import { CoreError, noMessage } from "../../domain/errors.ts";
import type { Seq, UserId } from "../../domain/ids.ts";
import type { MessageRow } from "../log/row.ts";
import type { Indexer } from "../search/indexer.ts";
import type { RoomContext } from "../state/context.ts";

/** What takes messages away: for everybody, or for a member. */
export class Redaction {
  readonly #storage: DurableObjectStorage;
  readonly #room: RoomContext;
  readonly #indexer: Pick<Indexer, "remove" | "resume">;

  constructor(storage: DurableObjectStorage, room: RoomContext, indexer: Pick<Indexer, "remove" | "resume">) {
    this.#storage = storage;
    this.#room = room;
    this.#indexer = indexer;
  }

  /**
   * Takes a message back for everyone; twice changes nothing.
   * @param withinS for so long its sender may, and only once; undefined: at any time. Who runs the group always may.
   * @throws `not_found` if the caller cannot see it, `forbidden` if it is not his and he runs no group here; where
   *   there is an end to it `already_handled` for one that is revoked, `too_late`
   */
  async revoke(userId: UserId, seq: Seq, withinS?: number): Promise<void> {
    this.#room.flushSends();
    const row = this.#revocable(userId, seq, withinS);
    // Whoever comes second waits for the previews as the first does.
    if (row.revoked_rev !== null) return this.#room.updateInboxes([userId, ...this.#room.members.ids()]);
    const { changes, rev } = this.#storage.transactionSync(() => {
      const next = { changes: this.#room.state.changes + 1, rev: this.#room.state.rev + 1 };
      this.#indexer.remove(row, next.rev);
      this.#room.log.revoke(seq, userId, next.rev);
      this.#room.members.storeRevoked(seq);
      this.#room.state.store(next.changes, next.rev);
      return next;
    });
    this.#room.state.apply(changes, rev);
    this.#room.members.applyRevoked(seq);
    this.#indexer.resume();
    this.#room.publish((observer) => observer.revoked(seq, userId, rev));
    // Previews hold content: of most groups nobody finds it there after the answer; the fan-out tells the rest.
    await this.#room.updateInboxes([userId, ...this.#room.members.ids()]);
  }

  #revocable(userId: UserId, seq: Seq, withinS: number | undefined): MessageRow {
    const member = this.#room.members.active(userId);
    const row = this.#room.log.visible(seq, member);
    if (!row) throw noMessage(seq);
    if (row.kind === "tip") {
      throw new CoreError("forbidden", "A notice of the server is nobody's to revoke.");
    }
    const runsGroup = member.role !== "member";
    if (row.sender_id !== userId && !runsGroup) {
      throw new CoreError(
        "forbidden",
        "Only its sender, or the group's owner or admins, may revoke a message.",
      );
    }
    if (withinS === undefined) return row;
    if (row.revoked_rev !== null)
      throw new CoreError("already_handled", `Message ${seq} is revoked already.`);
    if (!runsGroup && Date.now() > row.created_at + withinS * 1_000) {
      throw new CoreError("too_late", `A message can be taken back for ${withinS} seconds, which are over.`);
    }
    return row;
  }

  /**
   * Takes a message out of the caller's own sight; twice changes nothing.
   * @throws `not_found` if there is no such message for him
   */
  async hide(userId: UserId, seq: Seq): Promise<void> {
    this.#room.flushSends();
    const member = this.#room.members.active(userId);
    if (this.#room.log.isHidden(seq, userId)) return this.#room.updateInboxes([userId]);
    if (!this.#room.log.visible(seq, member)) throw noMessage(seq);
    const { rev, touched } = this.#storage.transactionSync(() => {
      const next = this.#room.state.rev + 1;
      this.#room.log.hide(seq, userId, next);
      this.#room.state.store(this.#room.state.changes, next);
      return { rev: next, touched: this.#room.members.storeTouched(member) };
    });
    this.#room.state.apply(this.#room.state.changes, rev);
    this.#room.members.applyTouched(member, touched);
    this.#room.publish((observer) => observer.hidden(seq, userId, rev));
    await this.#room.updateInboxes([userId]);
  }
}
