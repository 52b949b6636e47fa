import type { Staged } from "../core/backdrop.ts";
import type { Bump } from "../core/bump.ts";
import { listedBody } from "../core/content.ts";
import type { Membership, Profile, ReadPoint, Standing } from "../core/conversation.ts";
import { Position, type UserId } from "../core/ids.ts";
import type { Mentioned, Message } from "../core/message.ts";
import { POLICIES } from "../core/policies.ts";
import { isCleared } from "./clearing.ts";
import type { Log, Row } from "./log.ts";
import type { Member, Members } from "./members.ts";
import { membership } from "./roster.ts";
import type { State } from "./state.ts";
import type { View } from "./view.ts";

/** What a conversation looks like for one member now: for his inbox, and for who asks. */
export class Snapshots {
  readonly #state: State;
  readonly #log: Log;
  readonly #members: Members;
  readonly #view: View;

  constructor(state: State, log: Log, members: Members, view: View) {
    this.#state = state;
    this.#log = log;
    this.#members = members;
    this.#view = view;
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
    standing: Standing;
    lastMessage: Message | null;
  } {
    const member = this.#members.active(userId);
    const newest = this.#log.newest(member);
    if (newest && listed) newest.body = listedBody(newest.kind, newest.body);
    const [lastMessage = null] = newest ? this.#view.for([newest], member) : [];
    const { profile } = this.#state;
    return { profile, own: membership(member), standing: this.standing(member), lastMessage };
  }

  /** Messages as a member sees them, and what the conversation is like that they are in. */
  staged(rows: Row[], member: Member): Staged {
    const { id, profile } = this.#state;
    const { kind, handle, name } = profile;
    const peer = this.#peerOf(member);
    const backdrop = {
      ...{ id, kind, handle, name, peerRead: this.#peerRead(member) },
      ...(peer && { peer: this.#view.person(peer.user_id) }),
      self: this.#view.person(member.user_id),
    };
    return { items: this.#view.for(rows, member), backdrop };
  }

  standing(member: Member): Standing {
    const { last } = this.#log;
    return {
      lastSeq: last.seq,
      readSeq: member.read_seq,
      readAt: member.read_at,
      unreadCount: this.#counts(member) ? Math.max(0, last.n - member.read_n) : 0,
      discards: member.discards === 1,
      mentioned: this.#mentioned(member),
      peerRead: this.#peerRead(member),
      memberCount: this.#members.activeCount,
      updatedAt: last.at,
    };
  }

  /** Rises with every change that this member can see; for who left it stands. */
  version(member: Member | undefined): number {
    if (member && member.left_ver !== null) return member.left_ver;
    return versionOf(this.#log.last.seq, this.#state.changes, member?.touched ?? 0);
  }

  /** What this member's inbox should know now. */
  bump(userId: UserId): Bump {
    const member = this.#members.find(userId);
    if (!member) throw new Error("only who is on record is told");
    // Who left is told late, or twice: what has come since is not his.
    const last = member.visible_until === null ? this.#log.last : this.#log.placeOf(member.visible_until);
    return {
      conversationId: this.#state.id,
      kind: this.#state.profile.kind,
      ver: this.version(member),
      state: member.state === "active" && this.#state.dissolvedAt !== null ? "dissolved" : member.state,
      hidden: isCleared(member, last.seq),
      visibleFrom: member.visible_from,
      newFrom: this.#newFrom(member),
      lastSeq: last.seq,
      rev: this.#state.rev,
      lastN: last.n,
      readSeq: member.read_seq,
      readN: this.#counts(member) ? member.read_n : last.n,
      readAt: member.read_at,
      discards: member.discards === 1,
      mentioned: this.#mentioned(member),
      peerRead: this.#peerRead(member),
      memberCount: this.#members.activeCount,
      preview: this.#view.preview(member),
      updatedAt: last.at,
      passing: [],
    };
  }

  /** Where the history is open to who joins, what was before is not new to him; of old he has read it at the least. */
  #newFrom({ visible_from, came_after, read_seq }: Member): Position {
    const { history } = POLICIES[this.#state.profile.policy];
    return history ? Position.parse(Math.max(visible_from, came_after ?? read_seq - 1)) : visible_from;
  }

  /** Whether anything is unread to a member here. */
  #counts({ discards }: Member): boolean {
    return discards === 0 && POLICIES[this.#state.profile.policy].unread;
  }

  /** What names a member among what is unread to him. */
  #mentioned(member: Member): Mentioned[] {
    const isRead = member.read_seq >= this.#log.last.seq;
    if (isRead || member.state !== "active" || !this.#counts(member)) return [];
    return this.#log.naming(member, member.read_seq);
  }

  #peerRead(member: Member): ReadPoint | null {
    const peer = this.#peerOf(member);
    return peer ? { readSeq: peer.read_seq, readAt: peer.read_at } : null;
  }

  /** The other one, in a direct conversation. */
  #peerOf(member: Member): Member | undefined {
    if (this.#state.profile.kind !== "direct") return undefined;
    return [...this.#members.all()].find(({ user_id }) => user_id !== member.user_id);
  }
}

/** Each part only rises, over leaving and rejoining too, so their sum does. */
export function versionOf(lastSeq: number, changes: number, touched: number): number {
  return lastSeq + changes + touched;
}
