import { z } from "zod";
import { POLICIES } from "../../domain/conversations/group-policies.ts";
import { CoreError, noMessage } from "../../domain/errors.ts";
import { type Seq, UserId } from "../../domain/ids.ts";
import type { ThreadState } from "../../domain/messages/thread.ts";
import type { MessageRow } from "../log/row.ts";
import { changeFormerPreviews } from "../members/former-previews.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomContext } from "../room/context.ts";
import { type ContentFollower, upToHeavy } from "../state/content-follower.ts";
import { threadRead, unreadChanged } from "../state/events.ts";
import type { Published } from "../state/published.ts";
import { NOT_FOLLOWING } from "../threads/following.ts";

/**
 * Messages that one turn looks at for those of a user whose account was deleted, and those that it revokes.
 */
const MAX_LOOKED_AT = 5_000;
const MAX_ERASED = 50;

/** What is left of an erasure: whose messages, behind which seq. */
const ErasureKey = z.tuple([UserId, z.int()]);

/** The message that staff revokes. */
export type StaffRevocation = { seq: Seq } | { senderId: UserId; clientMsgId: string };

interface RedactionDeps {
  followers: readonly ContentFollower[];
  /** has the alarm call `goOnErasing` with this key; in the turn of the revokes */
  scheduleErasure(key: string): void;
}

/** Revokes messages for everybody, and hides them for one member. */
export class Redaction {
  readonly #room: RoomContext;
  readonly #deps: RedactionDeps;

  constructor(room: RoomContext, deps: RedactionDeps) {
    this.#room = room;
    this.#deps = deps;
  }

  /**
   * Revokes a message for everybody. Without `withinS` it is idempotent. A caller who has hidden the message,
   * or deleted the conversation for themselves, may still revoke what they could revoke before.
   * @param withinS for how many seconds the sender may revoke it, and only once; undefined: without limit.
   *   The owner and admins have no limit in time.
   * @throws `not_found` unless the caller can see the message, or could see and may revoke it
   * @throws `forbidden` for a system message, and for a message of another sender unless the caller is owner
   *   or admin
   * @throws `already_handled` with `withinS`, for a revoked message
   * @throws `too_late` with `withinS`, for a sender whose time is over
   */
  async revoke(userId: UserId, seq: Seq, withinS?: number): Promise<void> {
    this.#room.flushSends();
    const row = this.#revocable(userId, seq, withinS);
    // A repeated call waits for the previews too, as the first call may still be under way.
    if (row.revoked_rev !== null) return this.#room.updateAllInboxes([userId]);
    this.#revokeAll(userId, [row]);
    // Up to 50 inboxes drop the content before the answer; the fan-out updates the others.
    await this.#room.updateAllInboxes([userId]);
  }

  /**
   * Revokes the messages of a user whose account was deleted, as many as one turn may: the `erased_messages`
   * job does the others. Idempotent.
   */
  erase(userId: UserId): void {
    this.#erase(userId, 0);
  }

  /**
   * Revokes what a user has sent since a time (ms since 1970), as `erase` does. Idempotent.
   */
  revokeSince(userId: UserId, since: number): void {
    this.#erase(userId, this.#room.log.lastUntil(since - 1));
  }

  /**
   * Revokes a message for the staff of the deployment: of a group as its owner does, else as its sender.
   * Idempotent.
   * @throws `not_found`; `forbidden` for a notice of the server
   */
  async revokeByStaff(message: StaffRevocation): Promise<void> {
    this.#room.flushSends();
    const { log, state } = this.#room;
    const found =
      "seq" in message ? log.get(message.seq) : log.byClientId(message.senderId, message.clientMsgId);
    const row = found && found.seq > state.floor.seq ? found : undefined;
    if (!row) throw noMessage("seq" in message ? message.seq : undefined);
    if (row.kind === "tip") throw isNotice();
    if (row.revoked_rev === null) this.#revokeAll(state.profile.ownerId ?? row.sender_id, [row]);
    await this.#room.updateAllInboxes();
  }

  /** The `erased_messages` job. @param key as it was scheduled */
  goOnErasing(key: string): void {
    this.#erase(...ErasureKey.parse(JSON.parse(key)));
  }

  #erase(userId: UserId, from: number): void {
    this.#room.flushSends();
    const { log, state } = this.#room;
    // Expired messages that are not emptied yet have content: a legal hold may keep them for long.
    const after = Math.max(from, state.emptiedSeq);
    const upTo = after + MAX_LOOKED_AT;
    // Large bodies are few in a turn.
    const found = log.revoked.notRevoked(userId, { after, upTo, limit: MAX_ERASED + 1 });
    const { rows: some, hasMore } = log.cut(found, MAX_ERASED);
    const rows = upToHeavy(some);
    const isCut = hasMore || rows.length < some.length;
    const done = isCut ? (rows.at(-1)?.seq ?? after) : upTo;
    if (done < log.last.seq) this.#deps.scheduleErasure(JSON.stringify([userId, done]));
    if (rows.length > 0) this.#revokeAll(userId, rows);
  }

  /** Revokes a message that is not, as a user has done elsewhere. */
  revokeAs(by: UserId, row: MessageRow): void {
    this.#revokeAll(by, [row]);
  }

  /** Revokes messages that are not, in one commit. @param by is shown as who has revoked them */
  #revokeAll(by: UserId, rows: readonly MessageRow[]): void {
    const { changeFeed, threads } = this.#room;
    const seqs = rows.map(({ seq }) => seq);
    // The summary of a root counts no revoked reply.
    const roots = new Set(
      rows.flatMap(({ thread_root: root }) => root ?? []).filter((root) => !seqs.includes(root)),
    );
    const { last, revoked } = this.#room.commit((tx) => {
      // The previews in lists hold the content.
      const last = changeFeed.record(tx, [...roots, ...seqs], { reachesLists: true, changesContent: true });
      const revoked = rows.map((row, i) => {
        for (const follower of this.#deps.followers) follower.removed?.(tx, row);
        const rev = last - rows.length + 1 + i;
        this.#room.log.revoke(tx, row, by, rev);
        const states = threads.revoked(tx, row);
        changeFormerPreviews(tx, this.#room, row);
        return { row, rev, states };
      });
      return { last, revoked };
    });
    changeFeed.follow(last, () => {
      const only = new Set(rows.flatMap((row) => [...this.#unreadTo(row)]));
      const threadEvents = revoked.flatMap(({ row, states }) => this.#threadEvents(row, states));
      this.#room.publish([unreadChanged(this.#room, { only }), ...threadEvents], (sockets) => {
        for (const { row, rev } of revoked) sockets.revoked(row, by, rev);
      });
    });
  }

  /** The members to whom a message of the main stream is unread. Those of a crowd find out as they ask. */
  #unreadTo({ seq, in_main, sender_id }: MessageRow): Set<UserId> {
    const { members, snapshots } = this.#room;
    if (in_main === 0 || members.isCrowd) return new Set();
    const unread = [...members.unsettled()].filter(
      (member) => members.isActive(member.user_id) && snapshots.isUnread(member, seq, null),
    );
    return new Set(unread.map(({ user_id }) => user_id).filter((id) => id !== sender_id));
  }

  /** What the revoke of a reply changes for those to whom it was unread. */
  #threadEvents({ thread_root: root }: MessageRow, states: ReadonlyMap<UserId, ThreadState>): Published[] {
    if (root === null) return [];
    const to = { only: new Set(states.keys()) };
    return [threadRead(this.#room, to, root, (id) => states.get(id) ?? NOT_FOLLOWING)];
  }

  /** @returns the row of a message that the user may revoke @throws as `revoke` does */
  #revocable(userId: UserId, seq: Seq, withinS: number | undefined): MessageRow {
    const member = this.#room.members.active(userId);
    const row = this.#room.log.visible(seq, member) ?? this.#removedByOneself(seq, member);
    if (!row) throw noMessage(seq);
    if (row.kind === "tip") {
      throw isNotice();
    }
    const isManager = this.#room.rights.leads(member, "manage_messages");
    if (row.sender_id !== userId && !isManager) {
      throw new CoreError(
        "forbidden",
        "Only its sender, or the group's owner or admins, may revoke a message.",
      );
    }
    if (withinS === undefined) return row;
    if (row.revoked_rev !== null)
      throw new CoreError("already_handled", `Message ${seq} is revoked already.`);
    if (!isManager && Date.now() > row.created_at + withinS * 1_000) {
      throw new CoreError("too_late", `A message can be taken back for ${withinS} seconds, which are over.`);
    }
    return row;
  }

  /**
   * A message that a member has hidden, or deleted with the conversation, if they may revoke it. The member
   * learns nothing of any other message, nor of one from before they came in, unless new members see those.
   */
  #removedByOneself(seq: Seq, member: MemberRow): MessageRow | undefined {
    const { history } = POLICIES[this.#room.state.profile.policy];
    if (!history && seq <= member.came_after) return undefined;
    const row = this.#room.log.get(seq);
    if (!row || row.kind === "tip") return undefined;
    if (row.shadowed !== null && row.sender_id !== member.user_id) return undefined;
    const isTheirs = row.sender_id === member.user_id;
    return isTheirs || this.#room.rights.leads(member, "manage_messages") ? row : undefined;
  }

  /**
   * Hides a message from one member. Idempotent.
   * @throws `not_found` unless the user is a member who can see the message
   */
  async hide(userId: UserId, seq: Seq): Promise<void> {
    this.#room.flushSends();
    const member = this.#room.members.active(userId);
    if (this.#room.log.hides.has(seq, userId)) return this.#room.updateInboxes([userId]);
    if (!this.#room.log.visible(seq, member)) throw noMessage(seq);
    const rev = this.#room.state.rev + 1;
    const endedFollow = this.#room.commit((tx) => {
      this.#room.log.hides.add(seq, userId, rev);
      this.#room.state.raise(tx, { revs: 1 });
      this.#room.members.touch(tx, member);
      // Nobody follows a thread whose root they do not see.
      return this.#room.threads.follows.unfollow(tx, userId, seq);
    });
    this.#room.changeFeed.follow(rev, () =>
      this.#room.publish([], (sockets) => sockets.hidden(seq, userId, rev)),
    );
    if (endedFollow) this.#room.publish([threadRead(this.#room, { own: userId }, seq, () => NOT_FOLLOWING)]);
    await this.#room.updateInboxes([userId]);
  }
}

function isNotice(): CoreError {
  return new CoreError("forbidden", "A notice of the server is nobody's to revoke.");
}
