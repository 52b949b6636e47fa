import type { Membership, Profile, ReadPoint, ReadState } from "../../domain/conversations/conversation.ts";
import { POLICIES } from "../../domain/conversations/group-policies.ts";
import { Position, type UserId } from "../../domain/ids.ts";
import { listedBody } from "../../domain/messages/content.ts";
import type { Mentioned, Message } from "../../domain/messages/message.ts";
import type { MessagesInContext } from "../../domain/sync/conversation-context.ts";
import type { InboxUpdate } from "../../domain/sync/inbox-update.ts";
import type { MessageLog } from "../log/message-log.ts";
import type { MessageRow } from "../log/row.ts";
import { isDeletedForMe } from "../members/deleted-for-me.ts";
import { membership } from "../members/member-list.ts";
import type { MemberRow, Members } from "../members/members.ts";
import type { ConversationState } from "../state/conversation-state.ts";
import type { MessageRenderer } from "./message-renderer.ts";

/** What a conversation looks like for one member now: for his inbox, and for who asks. */
export class MemberSnapshots {
  readonly #state: ConversationState;
  readonly #log: MessageLog;
  readonly #members: Members;
  readonly #renderer: MessageRenderer;

  constructor(state: ConversationState, log: MessageLog, members: Members, renderer: MessageRenderer) {
    this.#state = state;
    this.#log = log;
    this.#members = members;
    this.#renderer = renderer;
  }

  /**
   * The conversation as a member sees it, without what D1 keeps for him.
   * @param listed with the last message as lists have it
   * @throws `not_found` unless he is in it
   */
  describe(
    userId: UserId,
    listed = false,
  ): {
    profile: Profile;
    own: Membership;
    readState: ReadState;
    lastMessage: Message | null;
  } {
    const member = this.#members.active(userId);
    const newest = this.#log.newest(member);
    if (newest && listed) newest.body = listedBody(newest.kind, newest.body);
    const [lastMessage = null] = newest ? this.#renderer.render([newest], member) : [];
    const { profile } = this.#state;
    return { profile, own: membership(member), readState: this.standing(member), lastMessage };
  }

  /** Messages as a member sees them, and what the conversation is like that they are in. */
  context(rows: MessageRow[], member: MemberRow): MessagesInContext {
    const { id, profile } = this.#state;
    const { kind, handle, name } = profile;
    const peer = this.#peerOf(member);
    const context = {
      ...{ id, kind, handle, name, peerRead: this.#peerRead(member) },
      ...(peer && { peer: this.#renderer.person(peer.user_id) }),
      self: this.#renderer.person(member.user_id),
    };
    return { items: this.#renderer.render(rows, member), context };
  }

  standing(member: MemberRow): ReadState {
    const { last } = this.#log;
    return {
      lastSeq: last.seq,
      readSeq: member.read_seq,
      readAt: member.read_at,
      unreadCount: this.#counts(member) ? Math.max(0, last.n - member.read_n) : 0,
      ignoresUnread: member.discards === 1,
      mentioned: this.#mentioned(member),
      peerRead: this.#peerRead(member),
      memberCount: this.#members.activeCount,
      updatedAt: last.at,
    };
  }

  /** Rises with every change that this member can see; for who left it stands. */
  version(member: MemberRow | undefined): number {
    if (member && member.left_ver !== null) return member.left_ver;
    return versionOf(this.#log.last.seq, this.#state.changes, member?.touched ?? 0);
  }

  /** What this member's inbox should know now. */
  inboxUpdate(userId: UserId): InboxUpdate {
    const member = this.#members.find(userId);
    if (!member) throw new Error("only who is on record is told");
    // Who left is told late, or twice: what has come since is not his.
    const last = member.visible_until === null ? this.#log.last : this.#log.headAt(member.visible_until);
    return {
      conversationId: this.#state.id,
      kind: this.#state.profile.kind,
      version: this.version(member),
      state: member.state === "active" && this.#state.dissolvedAt !== null ? "dissolved" : member.state,
      deletedForMe: isDeletedForMe(member, last.seq),
      visibleFrom: member.visible_from,
      newFrom: this.#newFrom(member),
      lastSeq: last.seq,
      rev: this.#state.rev,
      lastCount: last.n,
      readSeq: member.read_seq,
      readCount: this.#counts(member) ? member.read_n : last.n,
      readAt: member.read_at,
      ignoresUnread: member.discards === 1,
      mentioned: this.#mentioned(member),
      peerRead: this.#peerRead(member),
      memberCount: this.#members.activeCount,
      preview: this.#renderer.preview(member),
      updatedAt: last.at,
      ephemeral: [],
    };
  }

  /** Where the history is open to who joins, what was before is not new to him; of old he has read it at the least. */
  #newFrom({ visible_from, came_after, read_seq }: MemberRow): Position {
    const { history } = POLICIES[this.#state.profile.policy];
    return history ? Position.parse(Math.max(visible_from, came_after ?? read_seq - 1)) : visible_from;
  }

  /** Whether anything is unread to a member here. */
  #counts({ discards: ignoresUnread }: MemberRow): boolean {
    return ignoresUnread === 0 && POLICIES[this.#state.profile.policy].unread;
  }

  /** What names a member among what is unread to him. */
  #mentioned(member: MemberRow): Mentioned[] {
    const isRead = member.read_seq >= this.#log.last.seq;
    if (isRead || member.state !== "active" || !this.#counts(member)) return [];
    return this.#log.mentionsAfter(member, member.read_seq);
  }

  #peerRead(member: MemberRow): ReadPoint | null {
    const peer = this.#peerOf(member);
    return peer ? { readSeq: peer.read_seq, readAt: peer.read_at } : null;
  }

  /** The other one, in a direct conversation. */
  #peerOf(member: MemberRow): MemberRow | undefined {
    if (this.#state.profile.kind !== "direct") return undefined;
    return [...this.#members.all()].find(({ user_id }) => user_id !== member.user_id);
  }
}

/** Each part only rises, over leaving and rejoining too, so their sum does. */
export function versionOf(lastSeq: number, changes: number, touched: number): number {
  return lastSeq + changes + touched;
}
