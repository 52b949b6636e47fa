import { CoreError, invalid } from "../../domain/errors.ts";
import type { Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import type { Draft, Message } from "../../domain/messages/message.ts";
import { closedAt, type PollBody } from "../../domain/messages/polls.ts";
import type { MessageRow } from "../log/row.ts";
import type { MarkRow } from "../marks/mark-store.ts";
import { type MarkRange, Marks } from "../marks/marks.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomStores } from "../room/context.ts";
import { readPoll, type StoredPoll, storedPoll } from "./stored-poll.ts";

/** A user's choice in a poll, by the indexes of its options. */
export interface VoteInput {
  userId: UserId;
  seq: Seq;
  options: number[];
}

/** The votes of users in polls, and the ends of polls. */
export class Polls extends Marks<number> {
  /**
   * Replaces a user's votes in a poll; `[]` withdraws them. Idempotent: the same votes are no change.
   * @returns the message as the user sees it
   * @throws `not_found` unless the user is a member who can see the message
   * @throws `muted`, `blocked`, `forbidden` for a user who may not send a message here
   * @throws `validation_failed` for a message that is no poll, or is revoked, for an option that it does not
   *   have, and for several options where the poll takes one
   * @throws `conflict` after the end of the poll; `refused` from the shadow, in a poll that others see
   */
  async vote({ userId, seq, options }: VoteInput): Promise<Message> {
    await this.permission();
    const isHidden = await this.hides(userId);
    const member = this.writer(userId);
    const row = this.visible(seq, member);
    const { body, tally } = pollOf(row);
    const after = [...new Set(options)];
    checkChoice(after, body);
    if (closedAt(body, tally, Date.now()) !== 0) throw new CoreError("conflict", "This poll is closed.");
    const before = this.store.of(seq, userId);
    const isSame = before.length === after.length && before.every((option) => after.includes(option));
    // Votes may be withdrawn.
    if (after.length > 0) this.requireSeen(isHidden, row);
    return this.#shown(isSame ? row : this.replace(row, { userId, before, after }), member);
  }

  /**
   * Closes a poll for good. Idempotent, also for a poll that has ended. Like a revoke it takes back and tells
   * nothing, so it needs no right to write: its sender can across a block, and while they are muted.
   * @returns the message as the user sees it
   * @throws `not_found` unless the user is a member who can see the message
   * @throws `forbidden` unless they sent it, or are owner or admin of the group
   * @throws `validation_failed` for a message that is no poll, or is revoked
   */
  close(userId: UserId, seq: Seq): Message {
    this.room.flushSends();
    const { changeFeed, members } = this.room;
    const member = members.active(userId);
    const row = this.visible(seq, member);
    const { body, tally } = pollOf(row);
    if (row.sender_id !== userId && !this.room.rights.leads(member, "manage_messages"))
      throw new CoreError("forbidden", "Only its sender, or the group's owner or admins, may close a poll.");
    if (closedAt(body, tally, Date.now()) !== 0) return this.#shown(row, member);
    this.room.commit((tx) => {
      this.store.storeTally(seq, storedPoll({ body, tally: { ...tally, closedAt: Date.now() } }));
      changeFeed.record(tx, [seq], { by: userId });
    });
    return this.#shown(this.visible(seq, member), member);
  }

  /**
   * The users who voted for an option, in that order.
   * @throws `not_found` unless the member can see the message, `forbidden` in an anonymous poll
   * @throws `validation_failed` for a message that is no poll, or is revoked, and for an option that it does
   *   not have
   */
  voters(member: MemberRow, seq: Seq, option: number, { after, limit }: MarkRange): MarkRow[] {
    const { body } = pollOf(this.visible(seq, member));
    if (body.anonymous) throw new CoreError("forbidden", "Nobody learns who voted in an anonymous poll.");
    if (option >= body.options.length) throw invalid("query.option", noOption(body));
    return this.store.page(seq, option, after, limit);
  }

  #shown(row: MessageRow, member: MemberRow): Message {
    const [message] = this.room.renderer.render([row], member);
    if (!message) throw new Error("one row makes one message");
    return message;
  }
}

/** The poll of a message. @throws `validation_failed` */
function pollOf(row: MessageRow): StoredPoll {
  const poll = readPoll(row);
  if (!poll) throw invalid("path.seq", "must be a poll that is not revoked");
  return poll;
}

/** @throws `validation_failed` unless a user may choose these options together */
function checkChoice(chosen: readonly number[], body: PollBody): void {
  if (chosen.some((option) => option >= body.options.length)) throw invalid("body.options", noOption(body));
  if (chosen.length > 1 && !body.multiple)
    throw invalid("body.options", "must have at most one option: this poll takes one");
}

function noOption({ options }: PollBody): string {
  return `this poll has the options 0 to ${options.length - 1}`;
}

/**
 * Why a member may not send this draft, if it is a poll: the group's policy, or an end that is over or too
 * far away. A forwarded poll may have ended: it is closed.
 */
export function checkPoll(
  { rights }: Pick<RoomStores, "rights">,
  sender: MemberRow,
  { poll, forwarded }: Pick<Draft, "poll" | "forwarded">,
): CoreError | undefined {
  if (!poll) return undefined;
  if (!rights.may(sender, "poll")) return new CoreError("forbidden", "You may not send polls here.");
  if (forwarded || poll.ends_at === 0) return undefined;
  const remainingMs = poll.ends_at - Date.now();
  if (remainingMs <= 0) return invalid("body.body.ends_at", "must be in the future, or 0");
  if (remainingMs > LIMITS.pollMs) return invalid("body.body.ends_at", "must be at most 365 days ahead");
  return undefined;
}
