import type { Membership } from "../core/conversation.ts";
import type { UserId } from "../core/ids.ts";
import type { Member, Members } from "./members.ts";

/** A place in the list of members. */
export interface MemberPosition {
  joinedAt: number;
  userId: UserId;
}

/** The members as a list, in the order in which they joined. */
export class Roster {
  readonly #members: Members;

  constructor(members: Members) {
    this.#members = members;
  }

  /** A page of members, behind a place in the list. @throws `not_found` unless the caller is one */
  page(userId: UserId, { limit, after }: { limit: number; after?: MemberPosition }): Membership[] {
    this.#members.active(userId);
    return this.active()
      .filter((member) => !after || isBehind(member, after))
      .slice(0, limit)
      .map(membership);
  }

  /** Some members; who is none is missing. @throws `not_found` unless the caller is one */
  named(userId: UserId, wanted: UserId[]): Membership[] {
    this.#members.active(userId);
    return wanted.flatMap((id) => {
      const member = this.#members.isActive(id) ? this.#members.find(id) : undefined;
      return member ? [membership(member)] : [];
    });
  }

  active(): Member[] {
    return [...this.#members.all()]
      .filter((member) => member.state === "active")
      .sort((a, b) => a.joined_at - b.joined_at || a.user_id - b.user_id);
  }
}

function isBehind(member: Member, { joinedAt, userId }: MemberPosition): boolean {
  return member.joined_at > joinedAt || (member.joined_at === joinedAt && member.user_id > userId);
}

function membership({ user_id, role, muted_until, name_card, joined_at }: Member): Membership {
  const mutedUntil = muted_until > Date.now() ? muted_until : 0;
  return { userId: user_id, role, mutedUntil, nameCard: name_card, joinedAt: joined_at };
}
