import { CoreError, invalid } from "../../domain/errors.ts";
import type { Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { PutReaction, Reaction, ReactionKey, ReactionState } from "../../domain/messages/reactions.ts";
import type { MessageRow } from "../log/row.ts";
import type { MarkRow, MarkStore } from "../marks/mark-store.ts";
import { type MarkRange, Marks, type MarksDeps } from "../marks/marks.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomContext } from "../room/context.ts";
import { refusal, type SendingGate } from "../sending/sending-gate.ts";
import { readTally } from "./tally.ts";

/** Reactions that are listed at once: a bot is told who has put each. */
const MAX_LISTED = 1_000;

/** A user, a message, and the key of a reaction. */
export interface ReactionInput {
  userId: UserId;
  seq: Seq;
  key: ReactionKey;
}

/** The reactions of users to messages. */
export class Reactions extends Marks<ReactionKey> {
  readonly #gate: Pick<SendingGate, "shows">;

  constructor(
    room: RoomContext,
    store: MarkStore<ReactionKey>,
    deps: MarksDeps & { gate: Pick<SendingGate, "shows" | "hides"> },
  ) {
    super(room, store, deps);
    this.#gate = deps.gate;
  }

  /**
   * Adds a reaction of a user. Idempotent: a repeat is no change.
   * @throws `not_found` unless the user is a member who can see the message
   * @throws `muted`, `blocked`, `forbidden` for a user who may not send a message here, or not react
   * @throws `validation_failed` for a system message or a revoked one
   * @throws `refused` for a name that rules refuse, and from the shadow on a message that others see
   * @throws `conflict` if the message has 20 other keys, or 20 keys of this user, or 10 other keys that this
   *   user was the first to use
   */
  async add({ userId, seq, key }: ReactionInput): Promise<ReactionState> {
    await this.permission();
    // Emoji are no words.
    if (key.startsWith(":") && !(await this.#gate.shows(key, this.room.state.id)))
      throw refusal("This reaction is not allowed here.");
    const isHidden = await this.hides(userId);
    const row = this.#reactable(userId, seq);
    const mine = this.store.of(seq, userId);
    if (mine.includes(key)) return stateOf(row, mine);
    this.requireSeen(isHidden, row);
    if (mine.length >= LIMITS.reactionsOfUser)
      throw new CoreError("conflict", `You have reacted to this message ${LIMITS.reactionsOfUser} times.`);
    const tally = readTally(row.reactions);
    if (!tally.some((reaction) => reaction.key === key)) requireFreeKey(tally, userId);
    return this.#change(row, userId, mine, [...mine, key]);
  }

  /**
   * Takes a reaction of a user back. Idempotent: without one nothing changes.
   * @throws as `add` does, except `conflict` and `refused`
   */
  async remove({ userId, seq, key }: ReactionInput): Promise<ReactionState> {
    await this.permission();
    const row = this.#reactable(userId, seq);
    const mine = this.store.of(seq, userId);
    if (!mine.includes(key)) return stateOf(row, mine);
    const others = mine.filter((other) => other !== key);
    return this.#change(row, userId, mine, others);
  }

  /**
   * The users who reacted with a key, in that order.
   * @throws `not_found` unless the member can see the message
   */
  page(member: MemberRow, seq: Seq, key: ReactionKey, { after, limit }: MarkRange): MarkRow[] {
    const row = this.visible(seq, member);
    return row.revoked_rev === null ? this.store.page(seq, key, after, limit) : [];
  }

  /** All reactions to these messages; null: very many. */
  to(seqs: readonly Seq[]): PutReaction[] | null {
    return (
      this.store.onAll(seqs, MAX_LISTED)?.map(({ mark: key, ...reaction }) => ({ ...reaction, key })) ?? null
    );
  }

  /** A message to which a user may react now. @throws as `add` does */
  #reactable(userId: UserId, seq: Seq): MessageRow {
    const member = this.writer(userId);
    if (!this.room.rights.may(member, "react"))
      throw new CoreError("forbidden", "You may not react to messages here.");
    const row = this.visible(seq, member);
    if (row.kind === "tip") throw invalid("path.seq", "must not be a notice of the server");
    if (row.revoked_rev !== null) throw invalid("path.seq", "must not be revoked");
    return row;
  }

  #change(row: MessageRow, userId: UserId, before: ReactionKey[], after: ReactionKey[]): ReactionState {
    return stateOf(this.replace(row, { userId, before, after }), after);
  }
}

function stateOf({ reactions }: MessageRow, mine: ReactionKey[]): ReactionState {
  return { reactions: readTally(reactions), mine };
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
