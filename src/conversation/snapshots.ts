import type { Bump } from "../core/bump.ts";
import type { Standing } from "../core/conversation.ts";
import type { UserId } from "../core/ids.ts";
import { POLICIES } from "../core/policies.ts";
import type { Log } from "./log.ts";
import type { Member, Members } from "./members.ts";
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

  standing(member: Member): Standing {
    const { last } = this.#log;
    return {
      lastSeq: last.seq,
      readSeq: member.read_seq,
      unreadCount: this.#counts() ? Math.max(0, last.n - member.read_n) : 0,
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
      ver: this.version(member),
      state: member.state === "active" && this.#state.dissolvedAt !== null ? "dissolved" : member.state,
      hidden: member.cleared === 1 && last.seq <= member.visible_from,
      visibleFrom: member.visible_from,
      lastSeq: last.seq,
      lastN: last.n,
      readSeq: member.read_seq,
      readN: this.#counts() ? member.read_n : last.n,
      memberCount: this.#members.activeCount,
      preview: this.#view.preview(member),
      updatedAt: last.at,
    };
  }

  #counts(): boolean {
    return POLICIES[this.#state.profile.policy].unread;
  }
}

/** Each part only rises, over leaving and rejoining too, so their sum does. */
export function versionOf(lastSeq: number, changes: number, touched: number): number {
  return lastSeq + changes + touched;
}
