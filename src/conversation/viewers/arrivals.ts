import { LAST_VERSION } from "../../domain/accounts/person.ts";
import { capacityOf } from "../../domain/conversations/group-policies.ts";
import {
  CoreError,
  type Failure,
  invalid,
  noMentioned,
  noMentionedRole,
  type Result,
} from "../../domain/errors.ts";
import { NOBODY, Position, type UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { type AnyDraft, type RoleMentions, usersMentioned } from "../../domain/messages/message.ts";
import type { ConversationDirectory } from "../../domain/ports.ts";
import { errorFields, log } from "../../lib/logger.ts";
import { withDeadline } from "../../object/calls/deadline.ts";
import type { MessageRow } from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomStores } from "../room/context.ts";
import type { PendingSend, SendOrigin } from "../sending/send.ts";
import type { Transaction } from "../state/transaction.ts";

/** What arrivals need besides the stores. */
interface ArrivalsDeps {
  directory: Pick<ConversationDirectory, "people" | "mentionedMembers">;
  maxGroupMembers: number;
  timeoutMs: number;
  /** tells of a new member, after the commit */
  tell(row: MemberRow): void;
}

/** What brings users. */
type Bringing = Pick<PendingSend, "origin"> & {
  draft: Pick<PendingSend["draft"], "mentions" | "alsoMentioned">;
};

const NOBODY_COMES: UserId[] = [];

/**
 * Viewers who become members by a message: in an audience room who writes it, in a channel also readers whom
 * it names. Their rows are stored in the transaction of the message, which tells who has come: no system
 * message does, as a busy room would have as many of these as messages.
 */
export class Arrivals {
  readonly #room: Pick<
    RoomStores,
    "state" | "members" | "viewers" | "readers" | "rights" | "profiles" | "joinRequests"
  >;
  readonly #deps: ArrivalsDeps;
  /** who became members in a transaction */
  #joined: { tx: Transaction | null; ids: Set<UserId> } = { tx: null, ids: new Set() };

  constructor(
    room: Pick<
      RoomStores,
      "state" | "members" | "viewers" | "readers" | "rights" | "profiles" | "joinRequests"
    >,
    deps: ArrivalsDeps,
  ) {
    this.#room = room;
    this.#deps = deps;
  }

  /** Whether a sender would become a member by what they send. */
  #isArriving(senderId: UserId, origin: SendOrigin): boolean {
    const { viewers, members, readers } = this.#room;
    const joins = readers !== null || "socket" in origin || origin.joins === true;
    return viewers.areThere && joins && senderId !== NOBODY && members.findSender(senderId) === null;
  }

  /**
   * A draft with those whom its mentions of roles, and of followers who are online, reach now: users who
   * read the channel.
   * @returns why its sender may not mention them
   */
  async reached<Sent extends AnyDraft>(senderId: UserId, draft: Sent): Promise<Result<Sent>> {
    const { roleMentions, mentions } = draft;
    if (!roleMentions) return { ok: true, value: draft };
    try {
      const reached = await this.#reachedBy(senderId, roleMentions, usersMentioned(draft));
      if (mentions === "all") return { ok: true, value: draft };
      return { ok: true, value: { ...draft, mentions: [...new Set([...mentions, ...reached])] } };
    } catch (error) {
      if (error instanceof CoreError) return error.toFailure();
      log("warn", "mentioned_roles_unread", errorFields(error));
      return UNAVAILABLE;
    }
  }

  async #reachedBy(senderId: UserId, mentions: RoleMentions, named: readonly UserId[]): Promise<UserId[]> {
    const { readers, rights, state, members } = this.#room;
    const { id, profile } = state;
    if (senderId !== NOBODY && readers?.isReady([senderId]) === false) await readers.load([senderId]);
    const isHere = readers ? readers.has(senderId) : members.findSender(senderId) !== null;
    // Who does not see the conversation is refused as for any message.
    if (senderId !== NOBODY && !isHere) return [];
    if (!readers || profile.spaceId === null) {
      const [role] = mentions.roles;
      throw role === undefined
        ? invalid("mention_here", "is for channels of a space")
        : noMentionedRole(role);
    }
    if (mentions.roles.length > LIMITS.mentionedRoles)
      throw invalid("mention_roles", `names ${LIMITS.mentionedRoles} roles at most`);
    const refusal = rights.refusal({ user_id: senderId, role: "member" }, "mention_all");
    if (mentions.here && refusal) throw refusal;
    const { directory, timeoutMs } = this.#deps;
    const { roles, byRoles, here } = await withDeadline(
      directory.mentionedMembers(profile.spaceId, id, mentions),
      timeoutMs,
    );
    const missing = mentions.roles.find((role) => !roles.some((one) => one.id === role));
    if (missing !== undefined) throw noMentionedRole(missing);
    if (refusal && roles.some(({ mentionable }) => !mentionable)) throw refusal;
    if (byRoles.length > LIMITS.reachedByRoles)
      throw invalid(
        "mention_roles",
        `more than ${LIMITS.reachedByRoles} have these roles: mention all instead`,
      );
    const others = [...new Set([...byRoles, ...here])].filter((userId) => userId !== senderId);
    const asked = [...others, ...named];
    if (!readers.isReady(asked)) await readers.load(asked);
    const unknown = readers.refusal();
    if (unknown) throw unknown;
    const stranger = named.find((userId) => !readers.has(userId));
    if (stranger !== undefined) throw noMentioned(stranger);
    return others.filter((userId) => readers.has(userId));
  }

  /** The users who might become members by what a user sends. */
  coming(senderId: UserId, sends: readonly Bringing[]): UserId[] {
    const { viewers, members, readers } = this.#room;
    const [first] = sends;
    if (!viewers.areThere || !first) return NOBODY_COMES;
    const sender = this.#isArriving(senderId, first.origin) ? [senderId] : NOBODY_COMES;
    if (!readers) return sender;
    const named = sends.flatMap(({ draft }) => usersMentioned(draft).filter((id) => !members.findSender(id)));
    return named.length === 0 ? sender : [...sender, ...named];
  }

  /**
   * Reads the profiles of viewers who might become members by what a user sends, once: others are to be shown
   * them.
   * @returns why it cannot be
   */
  async load(senderId: UserId, ids: readonly UserId[]): Promise<Failure | null> {
    const { viewers, profiles, readers } = this.#room;
    try {
      // Who has come into the space since it was read is a reader, too.
      const unknown = ids.filter((id) => id !== senderId && readers?.has(id) === false);
      if (unknown.length > 0) await readers?.load(unknown);
      const isKnown = (id: UserId) => profiles.has(id) || profiles.expected(id) !== undefined;
      const missing = new Set(ids.filter((id) => viewers.find(id) && !isKnown(id)));
      if (missing.size === 0) return null;
      const read = this.#deps.directory.people([...missing]);
      for (const { version, ...person } of await withDeadline(read, this.#deps.timeoutMs)) {
        // Where an account has been deleted meanwhile, the message is refused.
        if (version < LAST_VERSION) profiles.expect(person);
      }
      return null;
    } catch (error) {
      log("warn", "profile_refresh_failed", errorFields(error));
      return UNAVAILABLE;
    }
  }

  /** The row of a viewer as a member; null: the sender is none, or their profile is not known. */
  find(senderId: UserId, origin: SendOrigin): MemberRow | null {
    return this.#isArriving(senderId, origin) ? this.#find(senderId) : null;
  }

  /** The user who is named in a channel becomes a follower. */
  isNamed(userId: UserId): boolean {
    return this.#room.readers !== null && this.#find(userId) !== null;
  }

  /**
   * Makes the readers of a channel followers whom a message names, in its transaction. It counts for them.
   */
  joinNamed(tx: Transaction, draft: Bringing["draft"], { seq, n, in_main, silent }: MessageRow): void {
    const { members, readers } = this.#room;
    if (!readers) return;
    for (const id of usersMentioned(draft)) {
      const row = members.findSender(id) ? null : this.#find(id);
      // The messages of the same commit before it do not count. A silent one counts for nobody.
      const read = { read_seq: Position.parse(seq - 1), read_n: silent === null ? n - in_main : n };
      if (row) this.join(tx, { ...row, ...read });
    }
  }

  #find(userId: UserId): MemberRow | null {
    const { viewers, profiles } = this.#room;
    return profiles.expected(userId) || profiles.has(userId) ? viewers.find(userId) : null;
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

  /** Makes a viewer a member, in the transaction that stores their message, or the first that names them. */
  join(tx: Transaction, row: MemberRow): void {
    const { members, profiles, joinRequests } = this.#room;
    const { user_id: id } = row;
    // They are found among the members only after the transaction.
    if (this.#joined.tx !== tx) this.#joined = { tx, ids: new Set() };
    if (this.#joined.ids.has(id)) return;
    const { ids } = this.#joined;
    ids.add(id);
    tx.undo(() => ids.delete(id));
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
