import type { ReadReceipt } from "../../domain/conversations/conversation.ts";
import { invalid, noMessage } from "../../domain/errors.ts";
import { Position, type Seq, type UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { deleteForMe } from "../members/deleted-for-me.ts";
import type { MemberRow } from "../members/member-row.ts";
import { markedFrom, markedUnreadFrom, NO_MARK } from "../members/unread-mark.ts";
import type { RoomContext } from "../room/context.ts";
import type { Receiver } from "../sockets/receiver.ts";
import { deletedFor, readEvents, unreadChanged } from "../state/events.ts";

const unread = ({ userId }: ReadReceipt): ReadReceipt => ({ userId, readSeq: Position.parse(0), readAt: 0 });

/** What `ReadPositions` needs of the room. */
type Context = Pick<
  RoomContext,
  | "flushSends"
  | "commit"
  | "members"
  | "viewers"
  | "profiles"
  | "log"
  | "state"
  | "snapshots"
  | "threads"
  | "publish"
  | "updateInboxes"
>;

/**
 * A member's own view of the conversation: the read position, what they mark unread, ignore unread, deleting
 * it from the list.
 */
export class ReadPositions {
  readonly #room: Context;

  constructor(room: Context) {
    this.#room = room;
  }

  /**
   * Moves a member's read position forward, and ends the mark of an unread message up to there. A position
   * behind both changes nothing.
   * @param seq undefined: the last message
   * @param from the socket that sent the command, which gets no `read` event; null: a call
   * @returns the member's row
   * @throws `not_found` unless the user is a member, and for a seq beyond the last message
   */
  read(userId: UserId, seq: Position | undefined, from: Receiver | null): MemberRow {
    this.#room.flushSends();
    const { log, members } = this.#room;
    const member = members.active(userId);
    const position = seq ?? log.last.seq;
    if (position > log.last.seq) throw noMessage(position);
    const n = log.countUpTo(position);
    if (n === null) throw noMessage(position);
    if (position > member.read_seq) {
      const fields = { read_seq: position, read_n: n, read_at: Date.now() };
      members.storeOwnFields(member, fields, this.#viewers(member));
      this.#room.publish(readEvents(this.#room, userId, position, from));
    } else if (position >= (markedUnreadFrom(member) ?? Number.POSITIVE_INFINITY)) {
      this.#setMark(member, NO_MARK, from);
    }
    return member;
  }

  /**
   * Marks a message unread: it and the later ones of others are unread to the member until they read one of
   * them, or write. Others learn nothing. A message after the read position is unread already: then all
   * before it is read. Idempotent.
   * @returns the member's row
   * @throws `not_found` unless the user is a member who sees the message, `validation_failed` for a message
   *   that is not among the newest `LIMITS.markedUnread`, if nothing from it on would be unread, or where
   *   nothing counts as unread for the user
   */
  markUnread(userId: UserId, seq: Seq): MemberRow {
    this.#room.flushSends();
    const { log, members, snapshots } = this.#room;
    const member = members.active(userId);
    if (!log.visible(seq, member)) throw noMessage(seq);
    if (seq > member.read_seq) {
      this.read(userId, Position.parse(seq - 1), null);
      this.#setMark(member, NO_MARK, null);
      return member;
    }
    if (!snapshots.countsUnread(member)) throw invalid("seq", "cannot be marked: nothing is unread here");
    if (markedUnreadFrom(member) === seq) return member;
    if (log.last.seq - seq >= LIMITS.markedUnread) {
      throw invalid("seq", `must be one of the newest ${LIMITS.markedUnread} messages`);
    }
    const before = log.headAt(Position.parse(seq - 1)).n;
    const readCount = before + log.countOf(userId, seq);
    if (log.last.n - readCount - log.revoked.after(seq - 1, userId) <= 0)
      throw invalid("seq", "must be a message of another user, or have one behind it");
    this.#setMark(member, markedFrom(seq, readCount, member), null);
    return member;
  }

  /** Stores a mark, or its end, which only the member sees. Nothing happens if there is none to end. */
  #setMark(member: MemberRow, mark: ReturnType<typeof markedFrom>, from: Receiver | null): void {
    if (mark.unread_from === markedUnreadFrom(member)) return;
    this.#room.members.storeOwnFields(member, mark, [member]);
    this.#room.publish([unreadChanged(this.#room, { own: member.user_id }, from)]);
  }

  /**
   * @returns the read position of each member, and of the user what they have marked unread; across a block,
   *   the peer's as if they had read nothing; in a crowd and in an audience room the user's
   *   own alone
   * @throws `not_found` unless the user is a member
   */
  receipts(userId: UserId): ReadReceipt[] {
    const { members, viewers, profiles, state } = this.#room;
    const reader = viewers.insider(userId);
    const unreadFrom = markedUnreadFrom(reader);
    const bots = new Set(profiles.bots());
    const showsOwn = members.isCrowd || viewers.isAudienceRoom;
    const shown = showsOwn ? members.receipts([reader]) : members.receipts();
    return shown.map((receipt) => {
      if (receipt.userId === userId) return unreadFrom === null ? receipt : { ...receipt, unreadFrom };
      const seen = state.isBlocked ? unread(receipt) : receipt;
      return bots.has(receipt.userId) ? { ...seen, bot: true } : seen;
    });
  }

  /**
   * Starts or ends ignore unread for a member. At its end the read position moves to the last message.
   * Idempotent.
   * @throws `not_found` unless the user is a member
   */
  async setIgnoreUnread(userId: UserId, ignoresUnread: boolean): Promise<void> {
    this.#room.flushSends();
    const { log, members } = this.#room;
    const member = members.active(userId);
    if ((member.ignores_unread === 1) !== ignoresUnread) {
      const { seq, n } = log.last;
      const moved = !ignoresUnread && seq > member.read_seq;
      const read = moved ? { read_seq: seq, read_n: n, read_at: Date.now() } : {};
      members.storeOwnFields(
        member,
        { ...read, ...NO_MARK, ignores_unread: ignoresUnread ? 1 : 0 },
        moved ? this.#viewers(member) : [member],
      );
      this.#room.publish(moved ? readEvents(this.#room, userId, seq) : []);
    }
    await this.updateViewers(userId);
  }

  /**
   * Deletes the conversation for one member. Others see only that the member has read it.
   * @param withHistory the member's history is deleted too; otherwise the conversation only leaves their list
   * @param staysListed it does not leave their list
   * @throws `not_found` unless the user is a member
   * @see deleteForMe
   */
  async deleteForMe(userId: UserId, withHistory: boolean, staysListed = false): Promise<void> {
    this.#room.flushSends();
    const { log, members, threads } = this.#room;
    const member = members.active(userId);
    const { last } = log;
    const { changed, moved, unmarked } = deleteForMe(members, member, log, {
      withHistory,
      staysListed,
      seers: this.#viewers(member),
    });
    if (changed && withHistory) this.#room.commit((tx) => threads.follows.end(tx, [userId], last.seq));
    this.#room.publish([
      ...(moved ? readEvents(this.#room, userId, last.seq) : []),
      ...(unmarked ? [unreadChanged(this.#room, { own: userId })] : []),
      // A repeat tells it again: an eviction may have lost the event of the first try.
      ...(staysListed ? [] : [deletedFor(this.#room, userId, last.seq)]),
    ]);
    await this.updateViewers(userId);
  }

  /** One awaited try to update the inboxes of the members whose lists show this read position. */
  async updateViewers(userId: UserId): Promise<void> {
    const member = this.#room.members.active(userId);
    await this.#room.updateInboxes(this.#viewers(member).map(({ user_id }) => user_id));
  }

  /** The members whose lists show this read position: the member, and in a direct conversation the peer. */
  #viewers(member: MemberRow): MemberRow[] {
    const peer = this.#room.state.profile.kind === "direct" && this.#room.members.peerOf(member);
    return peer ? [member, peer] : [member];
  }
}
