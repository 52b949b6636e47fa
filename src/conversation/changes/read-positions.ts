import type { ReadReceipt } from "../../domain/conversations/conversation.ts";
import { noMessage } from "../../domain/errors.ts";
import type { Position, UserId } from "../../domain/ids.ts";
import { deleteForMe } from "../members/deleted-for-me.ts";
import type { MemberRow } from "../members/members.ts";
import type { RoomSocket } from "../sockets/room-socket.ts";
import type { RoomContext } from "../state/context.ts";

/** How members stand to what was said: how far they have read it, and whether they want to hear of it. */
export class ReadPositions {
  readonly #room: Pick<RoomContext, "flushSends" | "members" | "log" | "state" | "publish" | "updateInboxes">;

  constructor(
    room: Pick<RoomContext, "flushSends" | "members" | "log" | "state" | "publish" | "updateInboxes">,
  ) {
    this.#room = room;
  }

  /**
   * Moves a member's read position forward; backward changes nothing.
   * @param seq undefined: all that there is
   * @param from the socket that asked: it is not told
   * @throws `not_found` beyond the last message
   */
  read(userId: UserId, seq: Position | undefined, from: RoomSocket | null): MemberRow {
    this.#room.flushSends();
    const { log, members } = this.#room;
    const member = members.active(userId);
    const wanted = seq ?? log.last.seq;
    if (wanted > log.last.seq) throw noMessage(wanted);
    const n = log.countUpTo(wanted);
    if (n === null) throw noMessage(wanted);
    if (wanted > member.read_seq) {
      const moved = { read_seq: wanted, read_n: n, read_at: Date.now() };
      members.storeOwnFields(member, moved, this.#affected(member));
      this.#room.publish((observer) => observer.read(userId, wanted, from));
    }
    return member;
  }

  /** How far each member has read. @throws `not_found` */
  receipts(userId: UserId): ReadReceipt[] {
    this.#room.members.active(userId);
    return this.#room.members.receipts();
  }

  /**
   * Has nothing count as unread to a member from now on, or again; what came until then he counts as having read.
   * Twice changes nothing. @throws `not_found`
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
        moved ? this.#affected(member) : [member],
      );
      this.#room.publish((observer) => {
        if (moved) observer.read(userId, seq, null);
      });
    }
    await this.tell(userId);
  }

  /** Deletes the conversation for one member. Others see no more of it than that he has read. @see deleteForMe */
  async deleteForMe(userId: UserId, withHistory: boolean): Promise<void> {
    this.#room.flushSends();
    const { log, members } = this.#room;
    const member = members.active(userId);
    const { last } = log;
    const { changed, moved } = deleteForMe(members, member, last, {
      withHistory,
      seers: this.#affected(member),
    });
    if (changed) {
      this.#room.publish((observer) => {
        if (moved) observer.read(userId, last.seq, null);
      });
    }
    await this.tell(userId);
  }

  /** One try to tell those in whose lists it shows how far somebody has read. */
  async tell(userId: UserId): Promise<void> {
    const member = this.#room.members.active(userId);
    await this.#room.updateInboxes(this.#affected(member).map(({ user_id }) => user_id));
  }

  /** In whose lists it shows how far somebody has read: in a direct conversation in the other one's too. */
  #affected(member: MemberRow): MemberRow[] {
    return this.#room.state.profile.kind === "direct" ? [...this.#room.members.all()] : [member];
  }
}
