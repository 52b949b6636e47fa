import { LAST_VERSION } from "../../domain/accounts/person.ts";
import { capacityOf } from "../../domain/conversations/group-policies.ts";
import { CoreError, type Failure } from "../../domain/errors.ts";
import { NOBODY, type UserId } from "../../domain/ids.ts";
import type { ConversationDirectory } from "../../domain/ports.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { MessageRow } from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomStores } from "../room/context.ts";
import type { SendOrigin } from "../sending/send.ts";
import type { Transaction } from "../state/transaction.ts";

/** What arrivals need besides the stores. */
interface ArrivalsDeps {
  directory: Pick<ConversationDirectory, "people">;
  maxGroupMembers: number;
  timeoutMs: number;
  /** tells of a new member, after the commit */
  tell(row: MemberRow): void;
}

/**
 * Viewers of an audience room who become members by writing. Their row is stored in the transaction of their
 * first message, which tells who has come: no system message does, as a busy room would have as many of these
 * as messages.
 */
export class Arrivals {
  readonly #room: Pick<RoomStores, "state" | "members" | "viewers" | "readers" | "profiles" | "joinRequests">;
  readonly #deps: ArrivalsDeps;

  constructor(
    room: Pick<RoomStores, "state" | "members" | "viewers" | "readers" | "profiles" | "joinRequests">,
    deps: ArrivalsDeps,
  ) {
    this.#room = room;
    this.#deps = deps;
  }

  /** Whether a sender would become a member by what they send. */
  isArriving(senderId: UserId, origin: SendOrigin): boolean {
    const { viewers, members, readers } = this.#room;
    const joins = readers !== null || "socket" in origin || origin.joins === true;
    return viewers.areThere && joins && members.findSender(senderId) === null;
  }

  /** Reads the profile of a viewer who writes, once: others are to be shown it. @returns why it cannot be */
  async load(senderId: UserId): Promise<Failure | null> {
    const { viewers, profiles } = this.#room;
    if (!viewers.find(senderId) || profiles.has(senderId) || profiles.expected(senderId)) return null;
    try {
      const read = this.#deps.directory.people([senderId]);
      const [found] = await withDeadline(read, this.#deps.timeoutMs);
      // Without one, the account has been deleted meanwhile: the message is refused.
      if (found && found.version < LAST_VERSION) {
        const { version: _, ...person } = found;
        profiles.expect(person);
      }
      return null;
    } catch (error) {
      log("warn", "profile_refresh_failed", errorFields(error));
      return UNAVAILABLE;
    }
  }

  /** The row of a viewer as a member; null: the sender is none, or their profile is not known. */
  find(senderId: UserId, origin: SendOrigin): MemberRow | null {
    const { viewers, profiles } = this.#room;
    if (!this.isArriving(senderId, origin)) return null;
    return profiles.expected(senderId) || profiles.has(senderId) ? viewers.find(senderId) : null;
  }

  /**
   * Why a viewer may not become a member by a message now.
   * @param before the messages of the same commit before it
   */
  refusal(before: readonly MessageRow[] = []): CoreError | undefined {
    const { state, members, viewers, readers } = this.#room;
    if (!viewers.joinByWriting)
      return new CoreError("forbidden", "Only members may write here: join first.", {
        deniedBy: "may_write",
      });
    // The space has a bound of its own.
    if (readers) return undefined;
    const isComing = (id: UserId) => id !== NOBODY && !members.findSender(id);
    const coming = new Set(before.map(({ sender_id }) => sender_id).filter(isComing));
    const capacity = capacityOf(state.profile, this.#deps.maxGroupMembers);
    if (members.activeCount + coming.size < capacity) return undefined;
    return new CoreError("group_full", `This group takes ${capacity} members at most.`);
  }

  /** Makes a viewer a member, in the transaction that stores their message. */
  join(tx: Transaction, row: MemberRow): void {
    const { members, profiles, joinRequests } = this.#room;
    const { user_id: id } = row;
    const now = Date.now();
    const person = profiles.expected(id);
    joinRequests.close([id], id, null, now);
    if (person) profiles.store(tx, person, now);
    const member = { ...row, joined_at: now };
    members.store(tx, member, () => 0);
    tx.publish(() => this.#deps.tell(member));
  }
}

const UNAVAILABLE: Failure = {
  ok: false,
  code: "unavailable",
  detail: "Your profile could not be read. Send it again.",
  data: { retryAfter: 1 },
};
