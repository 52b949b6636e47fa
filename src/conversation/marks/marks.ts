import { noMessage } from "../../domain/errors.ts";
import type { Seq, UserId } from "../../domain/ids.ts";
import type { MessageRow } from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomContext } from "../room/context.ts";
import { refusal, type SendingGate } from "../sending/sending-gate.ts";
import { checkWritePermission } from "../sending/write-permission.ts";
import type { MarkChange, MarkStore } from "./mark-store.ts";

/** The messages with a deleted user's marks that change in one turn. */
const FORGOTTEN_AT_ONCE = 100;

/** What marks need besides the room. */
export interface MarksDeps {
  /** waits until it is known who may write. @throws `unavailable` */
  permission(): Promise<void>;
  gate: Pick<SendingGate, "hides">;
  /** has an alarm call `forget` for this user */
  schedule(userId: UserId): void;
}

/** Where a page of users begins: after a rev, and how many they are. */
export interface MarkRange {
  after: number;
  limit: number;
}

/** The marks of one kind on messages. Each is a change of its message, which lists do not show. */
export abstract class Marks<Mark extends string | number> {
  protected readonly room: RoomContext;
  protected readonly store: MarkStore<Mark>;
  readonly #deps: MarksDeps;

  constructor(room: RoomContext, store: MarkStore<Mark>, deps: MarksDeps) {
    this.room = room;
    this.store = store;
    this.#deps = deps;
  }

  /**
   * Deletes the marks of a user whose account is deleted: those on 100 messages at once, the others by an
   * alarm.
   */
  forget(userId: UserId): void {
    const { log, changeFeed } = this.room;
    const seqs = this.store.seqsOf(userId, FORGOTTEN_AT_ONCE + 1);
    this.room.commit((tx) => {
      const changed = seqs.slice(0, FORGOTTEN_AT_ONCE).filter((seq) => {
        const row = log.stored(seq);
        // What has expired has no change to tell of.
        return row !== undefined && this.store.forget(row, userId) && log.get(seq) !== undefined;
      });
      if (changed.length > 0) changeFeed.record(tx, changed);
    });
    if (seqs.length > FORGOTTEN_AT_ONCE) this.#deps.schedule(userId);
  }

  /** Waits until it is known who may write. @throws `unavailable` */
  protected permission(): Promise<void> {
    return this.#deps.permission();
  }

  /** Whether nobody but a user sees what they do. Never rejects. */
  protected hides(userId: UserId): Promise<boolean> {
    return this.#deps.gate.hides(userId);
  }

  /** @throws `refused` for a mark from the shadow on a message that others see */
  protected requireSeen(isHidden: boolean, { shadowed }: MessageRow): void {
    if (isHidden && shadowed === null) throw refusal();
  }

  /** The member who wants to put a mark. @throws `muted`, `blocked`, `forbidden` as for a send */
  protected writer(userId: UserId): MemberRow {
    this.room.flushSends();
    const { members } = this.room;
    const member = members.active(userId);
    const refusal = checkWritePermission(this.room, member, "reactions");
    if (refusal) throw refusal;
    return member;
  }

  /** @throws `not_found` unless the member can see the message */
  protected visible(seq: Seq, member: MemberRow): MessageRow {
    const row = this.room.log.visible(seq, member);
    if (!row) throw noMessage(seq);
    return row;
  }

  /** Replaces the marks of a user on a message. @returns the changed message */
  protected replace(row: MessageRow, change: MarkChange<Mark>): MessageRow {
    const { changeFeed, log } = this.room;
    const { userId } = change;
    this.room.commit((tx) =>
      this.store.replace(row, change, changeFeed.record(tx, [row.seq], { by: userId, owner: userId })),
    );
    const changed = log.get(row.seq);
    if (!changed) throw new Error("a message that was changed is stored");
    return changed;
  }
}
