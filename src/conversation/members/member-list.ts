import type { Membership } from "../../domain/conversations/conversation.ts";
import { CustomFields } from "../../domain/custom-fields.ts";
import type { UserId } from "../../domain/ids.ts";
import type { MemberRow, Members } from "./members.ts";

/** A place in the list of members. */
interface MemberPosition {
  joinedAt: number;
  userId: UserId;
}

/** Part of the list of members. */
export interface MemberRange {
  limit: number;
  after?: MemberPosition;
  /** so many are passed over */
  skip?: number;
}

/** The members as a list, in the order in which they joined. */
export class MemberList {
  readonly #members: Members;

  constructor(members: Members) {
    this.#members = members;
  }

  /**
   * A page of members: behind a place in the list, or from a number on.
   * @throws `not_found` unless the caller is one
   */
  page(userId: UserId, { limit, after, skip = 0 }: MemberRange): Membership[] {
    this.#members.active(userId);
    return this.active()
      .filter((member) => !after || isBehind(member, after))
      .slice(skip, skip + limit)
      .map(membership);
  }

  /** Some members; who is none is missing. @throws `not_found` unless the caller is one */
  byIds(userId: UserId, wanted: UserId[]): Membership[] {
    this.#members.active(userId);
    return wanted.flatMap((id) => {
      const member = this.#members.isActive(id) ? this.#members.find(id) : undefined;
      return member ? [membership(member)] : [];
    });
  }

  active(): MemberRow[] {
    return [...this.#members.all()]
      .filter((member) => member.state === "active")
      .sort((a, b) => a.joined_at - b.joined_at || a.user_id - b.user_id);
  }
}

function isBehind(member: MemberRow, { joinedAt, userId }: MemberPosition): boolean {
  return member.joined_at > joinedAt || (member.joined_at === joinedAt && member.user_id > userId);
}

/** A member as whoever asks sees him. */
export function membership(member: MemberRow): Membership {
  const { user_id: userId, role, muted_until, name_card: nameCard, joined_at: joinedAt } = member;
  const mutedUntil = muted_until > Date.now() ? muted_until : 0;
  return { userId, role, mutedUntil, nameCard, joinedAt, customFields: fieldsOf(member) };
}

/** What clients keep with a member. */
export function fieldsOf({ custom_fields }: MemberRow): CustomFields {
  return CustomFields.parse(JSON.parse(custom_fields));
}
