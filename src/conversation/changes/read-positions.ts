import type { ReadReceipt } from "../../domain/conversations/conversation.ts";
import { noMessage } from "../../domain/errors.ts";
import { Position, type UserId } from "../../domain/ids.ts";
import { deleteForMe } from "../members/deleted-for-me.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomSocket } from "../sockets/room-socket.ts";
import type { RoomContext } from "../state/context.ts";

const unread = ({ userId }: ReadReceipt): ReadReceipt => ({ userId, readSeq: Position.parse(0), readAt: 0 });

/** A member's own view of the conversation: the read position, ignore unread, deleting it from the list. */
export class ReadPositions {
  readonly #room: Pick<RoomContext, "flushSends" | "members" | "log" | "state" | "publish" | "updateInboxes">;

  constructor(
    room: Pick<RoomContext, "flushSends" | "members" | "log" | "state" | "publish" | "updateInboxes">,
  ) {
    this.#room = room;
  }

  /**
   * Moves a member's read position forward. A position behind the current one changes nothing.
   * @param seq undefined: the last message
   * @param from the socket that sent the command, which gets no `read` event; null: a call
   * @returns the member's row
   * @throws `not_found` unless the user is a member, and for a seq beyond the last message
   */
  read(userId: UserId, seq: Position | undefined, from: RoomSocket | null): MemberRow {
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
      this.#room.publish((observer) => observer.read(userId, position, from));
    }
    return member;
  }

  /**
   * @returns the read position of each member; across a block, the peer's as if they had read nothing
   * @throws `not_found` unless the user is a member
   */
  receipts(userId: UserId): ReadReceipt[] {
    const { members, state } = this.#room;
    members.active(userId);
    const receipts = members.receipts();
    if (!state.isBlocked) return receipts;
    return receipts.map((receipt) => (receipt.userId === userId ? receipt : unread(receipt)));
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
    if ((member.discards === 1) !== ignoresUnread) {
      const { seq, n } = log.last;
      const moved = !ignoresUnread && seq > member.read_seq;
      const read = moved ? { read_seq: seq, read_n: n, read_at: Date.now() } : {};
      members.storeOwnFields(
        member,
        { ...read, discards: ignoresUnread ? 1 : 0 },
        moved ? this.#viewers(member) : [member],
      );
      this.#room.publish((observer) => {
        if (moved) observer.read(userId, seq, null);
      });
    }
    await this.updateViewers(userId);
  }

  /**
   * Deletes the conversation for one member. Others see only that the member has read it.
   * @param withHistory the member's history is deleted too; otherwise the conversation only leaves their list
   * @throws `not_found` unless the user is a member
   * @see deleteForMe
   */
  async deleteForMe(userId: UserId, withHistory: boolean): Promise<void> {
    this.#room.flushSends();
    const { log, members } = this.#room;
    const member = members.active(userId);
    const { last } = log;
    const { changed, moved } = deleteForMe(members, member, last, {
      withHistory,
      seers: this.#viewers(member),
    });
    if (changed) {
      this.#room.publish((observer) => {
        if (moved) observer.read(userId, last.seq, null);
      });
    }
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
