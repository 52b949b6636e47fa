import type { Membership, Profile, ReadPoint, ReadState } from "../../domain/conversations/conversation.ts";
import { POLICIES } from "../../domain/conversations/group-policies.ts";
import { Position, type Seq, type UserId } from "../../domain/ids.ts";
import { listedBody } from "../../domain/messages/content.ts";
import type { Mentioned, Message } from "../../domain/messages/message.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { MessagesInContext } from "../../domain/sync/message-context.ts";
import type { OwnUnread, ThreadsUnread } from "../../domain/sync/socket-protocol.ts";
import { shownTime } from "../../lib/stored-time.ts";
import type { ChangeFeed } from "../change-feed/change-feed.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";
import { isDeletedForMe } from "../members/deleted-for-me.ts";
import { membership } from "../members/member-list.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { Members } from "../members/members.ts";
import { markedUnreadFrom, readCountOf, readUpTo } from "../members/unread-mark.ts";
import type { ConversationState } from "../state/conversation-state.ts";
import type { Threads } from "../threads/threads.ts";
import type { MessageRenderer } from "./message-renderer.ts";

/** What snapshots show. */
interface SnapshotSources {
  state: ConversationState;
  log: MessageLog;
  changeFeed: Pick<ChangeFeed, "announcedRev">;
  members: Members;
  renderer: MessageRenderer;
  threads: Pick<Threads, "follows" | "isRead">;
}

/** Describes the conversation as one member sees it now: for their inbox, and for answers to calls. */
export class MemberSnapshots {
  readonly #state: ConversationState;
  readonly #log: MessageLog;
  readonly #changeFeed: Pick<ChangeFeed, "announcedRev">;
  readonly #members: Members;
  readonly #renderer: MessageRenderer;
  readonly #threads: Pick<Threads, "follows" | "isRead">;

  constructor({ state, log, changeFeed, members, renderer, threads }: SnapshotSources) {
    this.#state = state;
    this.#log = log;
    this.#changeFeed = changeFeed;
    this.#members = members;
    this.#renderer = renderer;
    this.#threads = threads;
  }

  /**
   * The conversation as a member sees it, without the member's own preferences, which D1 has.
   * @param listed true: `lastMessage` has the body for lists, where a merged message has only its title
   */
  describe(
    member: MemberRow,
    listed = false,
  ): {
    profile: Profile;
    own: Membership;
    readState: ReadState;
    lastMessage: Message | null;
  } {
    const newest = this.#log.main.newest(member);
    const shown = newest && listed ? { ...newest, body: listedBody(newest.kind, newest.body) } : newest;
    const [lastMessage = null] = shown ? this.#renderer.render([shown], member) : [];
    const { profile } = this.#state;
    return { profile, own: membership(member), readState: this.readState(member), lastMessage };
  }

  /** Messages as a member sees them, with the message context of the conversation. */
  context(rows: MessageRow[], member: MemberRow): MessagesInContext {
    const { id, profile } = this.#state;
    const { kind, handle, name, spaceId } = profile;
    const peer = this.#peerOf(member);
    const context = {
      // Across a block nobody learns what the other user has read.
      ...{ id, kind, handle, name, peerRead: this.#state.isBlocked ? null : this.#peerRead(member) },
      ...(peer && { peer: this.#renderer.person(peer.user_id) }),
      self: this.#renderer.person(member.user_id),
      ...(spaceId !== null && { spaceId }),
    };
    return { items: this.#renderer.render(rows, member), context };
  }

  /** The read state of a member. */
  readState(member: MemberRow): ReadState {
    const lastInMain = this.#log.main.lastOf(member);
    return {
      lastSeq: this.#log.last.seq,
      visibleFrom: member.visible_from,
      readSeq: member.read_seq,
      readAt: shownTime(member.read_at),
      unreadCount: this.unread(member).count,
      unreadFrom: markedUnreadFrom(member),
      threadsUnread: this.unreadInThreads(member).count,
      ignoresUnread: member.ignores_unread === 1,
      mentioned: this.#mentioned(member),
      peerRead: this.#peerRead(member),
      memberCount: this.#members.activeCount,
      isCrowd: this.#members.isCrowd,
      updatedAt: lastInMain.at,
      newestCounted: this.#log.newestCounted,
      isDeleted: isDeletedForMe(member, lastInMain.seq),
    };
  }

  /** The unread count of a member, the newest message that it takes into account, and where it begins. */
  unread(member: MemberRow): OwnUnread {
    const { seq: lastSeq } = this.#log.last;
    const count = this.countsUnread(member) ? this.countUnread(member) : 0;
    return { count, lastSeq, from: markedUnreadFrom(member) };
  }

  /**
   * The countable messages that a member has not read, without revoked ones, whether or not they count for
   * the member.
   * @param n the countable messages up to the last one that the member may see
   */
  countUnread(member: MemberRow, n = this.#log.last.n): number {
    // What has expired is unread to nobody.
    const { floor } = this.#state;
    const counted = n - Math.max(readCountOf(member), floor.n);
    // A former member is told of a revoke only where their list shows the message.
    if (counted <= 0 || member.visible_until !== null) return Math.max(0, counted);
    // A mark counts own messages as read. After a read position there are none.
    const except = markedUnreadFrom(member) === null ? undefined : member.user_id;
    return Math.max(0, counted - this.#log.revoked.after(Math.max(readUpTo(member), floor.seq), except));
  }

  /** The same of the replies in the threads that a member follows. */
  unreadInThreads(member: MemberRow): ThreadsUnread {
    const counts = member.state === "active" && this.countsUnread(member);
    const count = counts ? this.#threads.follows.unreadOf(member.user_id) : 0;
    return { count, lastSeq: this.#log.last.seq };
  }

  /**
   * The version of a member's inbox update. It rises with every change that the member can see. After the
   * member left, only a revoke of a message that they could see raises it.
   */
  version(member: Pick<MemberRow, "left_ver" | "touched"> | undefined): number {
    if (member && member.left_ver !== null) return member.left_ver;
    return versionOf(this.#log.last.seq, this.#state.changes, member?.touched ?? 0);
  }

  /**
   * The inbox update for a member, active or left, without a replay page and without ephemeral events.
   * @throws Error for a user who was never a member
   */
  inboxUpdate(userId: UserId): InboxUpdate {
    const member = this.#members.find(userId);
    if (!member) throw new Error("an inbox update is for a member");
    // An update may reach a member who left late or repeatedly: it must not contain later messages.
    const { visible_until: end } = member;
    const last = end === null ? this.#log.last : this.#log.headAt(end);
    const lastInMain = end === null ? this.#log.main.lastOf(member) : this.#log.main.headAt(end);
    const update: InboxUpdate = {
      conversationId: this.#state.id,
      kind: this.#state.profile.kind,
      version: this.version(member),
      state: member.state === "active" && this.#state.dissolvedAt !== null ? "dissolved" : member.state,
      deletedForMe: isDeletedForMe(member, lastInMain.seq),
      visibleFrom: member.visible_from,
      newFrom: this.#newFrom(member),
      lastSeq: last.seq,
      rev: this.#changeFeed.announcedRev,
      lastCount: last.n,
      countedAt: member.visible_until === null ? this.#log.newestCounted.at : last.at,
      readSeq: member.read_seq,
      readCount: last.n - (this.countsUnread(member) ? this.countUnread(member, last.n) : 0),
      unreadFrom: markedUnreadFrom(member),
      readAt: shownTime(member.read_at),
      threadsUnread: this.unreadInThreads(member).count,
      ignoresUnread: member.ignores_unread === 1,
      mentioned: this.#mentioned(member),
      peerRead: this.#peerRead(member),
      memberCount: this.#members.activeCount,
      preview: this.#renderer.preview(member),
      updatedAt: lastInMain.at,
      activeAt: last.at,
      ephemeral: [],
    };
    // What is seldom there is no part of the literal: spreads would cost every update.
    if (member.sent_composer !== null) update.sentComposer = member.sent_composer;
    if (this.#state.isBlocked) update.isBlocked = true;
    const { spaceId } = this.#state.profile;
    if (spaceId !== null) update.spaceId = spaceId;
    return update;
  }

  /**
   * The seq after which messages are new to a member's devices: those from before they joined are not, also
   * where a member sees them.
   */
  #newFrom({ visible_from, came_after }: MemberRow): Position {
    return Position.parse(Math.max(visible_from, came_after));
  }

  /** Whether messages count as unread for a member. */
  countsUnread({ ignores_unread: ignoresUnread }: MemberRow): boolean {
    return ignoresUnread === 0 && POLICIES[this.#state.profile.policy].unread;
  }

  /** The unread messages that mention a member. */
  #mentioned(member: MemberRow): Mentioned[] {
    const upTo = readUpTo(member);
    const isRead = upTo >= this.#log.last.seq;
    if (isRead || member.state !== "active" || !this.countsUnread(member)) return [];
    return this.#log
      .mentionsAfter(member, upTo)
      .filter(({ seq, threadRoot = null }) => this.isUnread(member, seq, threadRoot));
  }

  /**
   * Whether a message is unread to a member: in the conversation, and of a thread-only reply in its thread.
   * @param threadRoot of a thread-only reply; null: it is in the main stream
   */
  isUnread(member: MemberRow, seq: Seq, threadRoot: Seq | null): boolean {
    if (!this.countsUnread(member) || seq <= readUpTo(member)) return false;
    return threadRoot === null || !this.#threads.isRead(member.user_id, threadRoot, seq);
  }

  #peerRead(member: MemberRow): ReadPoint | null {
    const peer = this.#peerOf(member);
    return peer ? { readSeq: peer.read_seq, readAt: shownTime(peer.read_at) } : null;
  }

  /** The other user of a direct conversation. */
  #peerOf(member: MemberRow): MemberRow | undefined {
    if (this.#state.profile.kind !== "direct") return undefined;
    return this.#members.peerOf(member);
  }
}

/** The version of a snapshot. Each part only rises, also over leaving and rejoining, so the sum does too. */
export function versionOf(lastSeq: number, changes: number, touched: number): number {
  return lastSeq + changes + touched;
}
