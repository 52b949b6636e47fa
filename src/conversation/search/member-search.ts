import type { Membership } from "../../domain/conversations/conversation.ts";
import type { Role } from "../../domain/conversations/group-kind.ts";
import type { UserId } from "../../domain/ids.ts";
import { comparisonForm } from "../../lib/text-forms.ts";
import type { Insiders, MemberList, MemberRange } from "../members/member-list.ts";
import { UNSETTLED } from "../members/stored-members.ts";

/** Which members are looked for. `text`: one of their names contains it, as people read it. */
export interface MemberQuery extends Omit<MemberRange, "skip"> {
  text: string;
}

/** A place in the list of members. */
type Place = { joined_at: number; user_id: number };
type Named = { user_id: UserId; role: Role; names: string };

/** The members that are looked at in one turn: others would wait for more. */
const PART = 5_000;
const END: Place = { joined_at: Number.MAX_SAFE_INTEGER, user_id: 0 };

const ACTIVE = `members INDEXED BY members_unsettled WHERE (${UNSETTLED}) AND state = 'active'
  AND (joined_at, user_id) > (?, ?)`;
/** Between the names, which are of one line each. */
const BREAK = "\n";
/** Matches names that have another comparison form than themselves in lower case. */
const FOLDED = `*[^ -~${BREAK}]*`;

/**
 * Finds members by username, nickname or name card. It reads the rows of members and the copies of their
 * profiles: there is no index, so neither a message nor a new member pays for a search. SQLite compares names
 * of ASCII, as it is the faster one.
 */
export class MemberSearch {
  readonly #sql: SqlStorage;
  readonly #insiders: Insiders;
  readonly #list: Pick<MemberList, "byIds">;

  constructor(sql: SqlStorage, insiders: Insiders, list: Pick<MemberList, "byIds">) {
    this.#sql = sql;
    this.#insiders = insiders;
    this.#list = list;
  }

  /**
   * A page of the members who are found, in the order of joining. Others are served between its parts.
   * @throws `not_found` unless the caller is a member, also if they leave meanwhile
   */
  async find(userId: UserId, { text, limit, after, role }: MemberQuery): Promise<Membership[]> {
    this.#insiders.insider(userId);
    const wanted = comparisonForm(text);
    const found: UserId[] = [];
    let from: Place = { joined_at: after?.joinedAt ?? -1, user_id: after?.userId ?? 0 };
    for (;;) {
      const to = this.#endOfPart(from);
      for (const row of this.#candidates(wanted, from, to)) {
        if ((role === undefined || row.role === role) && isNamed(row, wanted)) found.push(row.user_id);
        if (found.length === limit) break;
      }
      if (to === END || found.length === limit) return this.#list.byIds(userId, found);
      from = to;
      await new Promise((resolve) => setTimeout(resolve));
    }
  }

  /** The last member of the part behind a place. */
  #endOfPart({ joined_at, user_id }: Place): Place {
    const query = `SELECT joined_at, user_id FROM ${ACTIVE} ORDER BY joined_at, user_id LIMIT 1 OFFSET ?`;
    return this.#sql.exec<Place>(query, joined_at, user_id, PART - 1).toArray()[0] ?? END;
  }

  /** The members of a part who may be meant. */
  #candidates(wanted: string, from: Place, to: Place): Iterable<Named> {
    const query = `SELECT user_id, role, names FROM
      (SELECT user_id, role, joined_at, ifnull(nickname, '') || ?1 || ifnull(username, '') || ?1 || name_card AS names
        FROM (SELECT user_id, role, joined_at, name_card FROM ${ACTIVE} AND (joined_at, user_id) <= (?, ?))
          LEFT JOIN people USING (user_id))
      WHERE instr(lower(names), ?) OR names GLOB ? OR names GLOB '*  *'
      ORDER BY joined_at, user_id`;
    const bounds = [from.joined_at, from.user_id, to.joined_at, to.user_id];
    return this.#sql.exec<Named>(query, BREAK, ...bounds, wanted, FOLDED);
  }
}

/** Whether one of a member's names contains a text in its comparison form. */
function isNamed({ names }: Named, wanted: string): boolean {
  // Few have it in all their names together, and these are compared at once.
  if (!comparisonForm(names).includes(wanted)) return false;
  return names.split(BREAK).some((name) => comparisonForm(name).includes(wanted));
}
