import type { Membership } from "../../domain/conversations/conversation.ts";
import type { Role } from "../../domain/conversations/group-kind.ts";
import { CustomFields } from "../../domain/custom-fields.ts";
import type { UserId } from "../../domain/ids.ts";
import { shownTime } from "../../lib/stored-time.ts";
import type { MemberRow } from "./member-row.ts";
import type { Members } from "./members.ts";
import type { MembersRange } from "./stored-members.ts";

/** Selects a page of the list of members, by position or by number. */
export interface MemberRange extends Omit<MembersRange, "roles"> {
  /** only members who have it */
  role?: Role;
}

/** Who sees the members. */
export interface Insiders {
  /** @see Viewers.insider */
  insider(userId: UserId): MemberRow;
}

/** The active members as a list, ordered by join time. */
export class MemberList {
  readonly #members: Members;
  readonly #insiders: Insiders;

  constructor(members: Members, insiders: Insiders) {
    this.#members = members;
    this.#insiders = insiders;
  }

  /**
   * A page of members, after a position or after a number of members.
   * @throws `not_found` as `Viewers.insider`
   */
  page(userId: UserId, { role, ...range }: MemberRange): Membership[] {
    this.#insiders.insider(userId);
    return this.#members.inOrder({ ...range, roles: role && [role] }).map(membership);
  }

  /** The members among these users; others are missing. @throws `not_found` as `Viewers.insider` */
  byIds(userId: UserId, ids: UserId[]): Membership[] {
    this.#insiders.insider(userId);
    return ids.flatMap((id) => {
      const member = this.#members.findSender(id);
      return member ? [membership(member)] : [];
    });
  }
}

/** A member's row as clients see it; an expired mute becomes 0. */
export function membership(member: MemberRow): Membership {
  const { user_id: userId, role, muted_until, name_card: nameCard, joined_at: joinedAt } = member;
  const mutedUntil = muted_until > Date.now() ? muted_until : 0;
  return {
    userId,
    role,
    mutedUntil: shownTime(mutedUntil),
    nameCard,
    joinedAt: shownTime(joinedAt),
    customFields: fieldsOf(member),
  };
}

/** The custom fields that clients store with a member. */
export function fieldsOf({ custom_fields }: MemberRow): CustomFields {
  return CustomFields.parse(JSON.parse(custom_fields));
}
