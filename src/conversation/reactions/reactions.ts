import { may, POLICIES } from "../../domain/conversations/group-policies.ts";
import { CoreError, invalid, noMessage } from "../../domain/errors.ts";
import { type Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Reaction, ReactionKey, ReactionState } from "../../domain/messages/reactions.ts";
import type { MessageRow } from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomContext } from "../room/context.ts";
import type { ReactionStore, ReactorRow } from "./reaction-store.ts";
import { readTally } from "./tally.ts";

/** The messages of a deleted user's reactions that change in one turn. */
const FORGOTTEN_AT_ONCE = 100;

/** What a reaction needs besides the room. */
interface ReactionsDeps {
  store: ReactionStore;
  /** waits until it is known who may write. @throws `unavailable` */
  permission(): Promise<void>;
  /** @returns why the member may not write now; undefined if they may */
  checkPermission(member: MemberRow): CoreError | undefined;
  /** has an alarm call `runForget` for this user */
  schedule(userId: UserId): void;
}

/** A user, a message, and the key of a reaction. */
export interface ReactionInput {
  userId: UserId;
  seq: Seq;
  key: ReactionKey;
}

/** The reactions of users to messages. Each is a change of its message, which lists do not show. */
export class Reactions {
  readonly #room: RoomContext;
  readonly #deps: ReactionsDeps;

  constructor(room: RoomContext, deps: ReactionsDeps) {
    this.#room = room;
    this.#deps = deps;
  }

  /**
   * Adds a reaction of a user. Idempotent: a repeat is no change.
   * @throws `not_found` unless the user is a member who can see the message
   * @throws `muted`, `blocked`, `forbidden` for a user who may not send a message here, or not react
   * @throws `validation_failed` for a system message or a revoked one
   * @throws `conflict` if the message has 20 other keys, or 20 keys of this user, or 10 other keys that this
   *   user was the first to use
   */
  async add({ userId, seq, key }: ReactionInput): Promise<ReactionState> {
    await this.#deps.permission();
    const row = this.#reactable(userId, seq);
    const { store } = this.#deps;
    const mine = store.keysOf(seq, userId);
    if (mine.includes(key)) return this.#state(row, userId);
    const tally = readTally(row.reactions);
    if (mine.length >= LIMITS.reactionsOfUser)
      throw new CoreError("conflict", `You have reacted to this message ${LIMITS.reactionsOfUser} times.`);
    if (!tally.some((reaction) => reaction.key === key)) requireFreeKey(tally, userId);
    return this.#change(userId, seq, (rev) => store.add(seq, tally, key, userId, rev));
  }

  /**
   * Takes a reaction of a user back. Idempotent: without one nothing changes.
   * @throws as `add` does, except `conflict`
   */
  async remove({ userId, seq, key }: ReactionInput): Promise<ReactionState> {
    await this.#deps.permission();
    const row = this.#reactable(userId, seq);
    const { store } = this.#deps;
    if (!store.keysOf(seq, userId).includes(key)) return this.#state(row, userId);
    const tally = readTally(row.reactions);
    return this.#change(userId, seq, (rev) => store.remove(seq, tally, key, userId, rev));
  }

  /**
   * At most `limit` users who reacted with a key, in that order.
   * @param after the rev of the last one before them
   * @throws `not_found` unless the member can see the message
   */
  page(member: MemberRow, seq: Seq, key: ReactionKey, range: { after: number; limit: number }): ReactorRow[] {
    const row = this.#room.log.visible(seq, member);
    if (!row) throw noMessage(seq);
    if (row.revoked_rev !== null) return [];
    return this.#deps.store.page(seq, key, range.after, range.limit);
  }

  /**
   * Deletes the reactions of a user whose account is deleted: those to 100 messages at once, the others by
   * an alarm.
   */
  forget(userId: UserId): void {
    if (this.#forgetSome(userId)) this.#deps.schedule(userId);
  }

  /**
   * The `deleted_reactions` job. @param key the id of the user
   * @returns when to run again (ms since 1970); null: nothing is left
   */
  runForget(key: string): number | null {
    return this.#forgetSome(UserId.parse(Number(key))) ? Date.now() : null;
  }

  /** @returns whether some are left */
  #forgetSome(userId: UserId): boolean {
    const { store } = this.#deps;
    const { log, changeFeed } = this.#room;
    const seqs = store.seqsOf(userId, FORGOTTEN_AT_ONCE + 1);
    this.#room.commit((tx) => {
      const changed = seqs
        .slice(0, FORGOTTEN_AT_ONCE)
        .filter((seq) => store.forget(seq, readTally(log.get(seq)?.reactions ?? null), userId));
      if (changed.length > 0) changeFeed.store(tx, changed);
    });
    return seqs.length > FORGOTTEN_AT_ONCE;
  }

  /** A message to which a user may react now. @throws as `add` does */
  #reactable(userId: UserId, seq: Seq): MessageRow {
    this.#room.flushSends();
    const { members, log, state } = this.#room;
    const member = members.active(userId);
    const refusal = this.#deps.checkPermission(member);
    if (refusal) throw refusal;
    if (!may(member.role, POLICIES[state.profile.policy].react))
      throw new CoreError("forbidden", "You may not react to messages here.");
    const row = log.visible(seq, member);
    if (!row) throw noMessage(seq);
    if (row.kind === "tip") throw invalid("path.seq", "must not be a notice of the server");
    if (row.revoked_rev !== null) throw invalid("path.seq", "must not be revoked");
    return row;
  }

  #change(userId: UserId, seq: Seq, write: (rev: number) => void): ReactionState {
    const { changeFeed, log } = this.#room;
    this.#room.commit((tx) => write(changeFeed.store(tx, [seq], { by: userId, owner: userId })));
    return this.#state(log.get(seq), userId);
  }

  #state(row: MessageRow | undefined, userId: UserId): ReactionState {
    if (!row) throw new Error("a message that was changed is stored");
    return { reactions: readTally(row.reactions), mine: this.#deps.store.keysOf(row.seq, userId) };
  }
}

/** @throws `conflict` if a message takes no further key, or none that this user is the first to use */
function requireFreeKey(tally: readonly Reaction[], userId: UserId): void {
  const begun = tally.filter(({ userIds: [first] }) => first === userId).length;
  if (tally.length >= LIMITS.reactionKeys)
    throw new CoreError(
      "conflict",
      `This message has ${LIMITS.reactionKeys} reactions: you can join one of them.`,
    );
  if (begun >= LIMITS.reactionKeysOfFirst)
    throw new CoreError(
      "conflict",
      `You have begun ${begun} reactions to this message: leave some to others.`,
    );
}
