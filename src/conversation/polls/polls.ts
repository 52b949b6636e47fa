import { CoreError, invalid, noMessage } from "../../domain/errors.ts";
import { type Seq, UserId } from "../../domain/ids.ts";
import type { Message } from "../../domain/messages/message.ts";
import { closedAt, type PollBody, type PollTally } from "../../domain/messages/polls.ts";
import type { MessageRow } from "../log/row.ts";
import type { MemberRow } from "../members/member-row.ts";
import type { RoomContext } from "../room/context.ts";
import { readPoll, storedPoll } from "./stored-poll.ts";
import type { VoterRow, VoteStore } from "./vote-store.ts";

/** The polls of a deleted user's votes that change in one turn. */
const FORGOTTEN_AT_ONCE = 100;

/** What polls need besides the room. */
interface PollsDeps {
  votes: VoteStore;
  /** waits until it is known who may write. @throws `unavailable` */
  permission(): Promise<void>;
  /** @returns why the member may not write now; undefined if they may */
  checkPermission(member: MemberRow): CoreError | undefined;
  /** has an alarm call `runForget` for this user */
  schedule(userId: UserId): void;
}

/** A user's choice in a poll, by the indexes of its options. */
export interface VoteInput {
  userId: UserId;
  seq: Seq;
  options: number[];
}

/**
 * The votes of users in polls, and the ends of polls. Each is a change of its message, which lists do not
 * show.
 */
export class Polls {
  readonly #room: RoomContext;
  readonly #deps: PollsDeps;

  constructor(room: RoomContext, deps: PollsDeps) {
    this.#room = room;
    this.#deps = deps;
  }

  /**
   * Replaces a user's votes in a poll; `[]` withdraws them. Idempotent: the same votes are no change.
   * @returns the message as the user sees it
   * @throws `not_found` unless the user is a member who can see the message
   * @throws `muted`, `blocked`, `forbidden` for a user who may not send a message here
   * @throws `validation_failed` for a message that is no poll, or is revoked, for an option that it does not
   *   have, and for several options where the poll takes one
   * @throws `conflict` after the end of the poll
   */
  async vote({ userId, seq, options }: VoteInput): Promise<Message> {
    await this.#deps.permission();
    this.#room.flushSends();
    const member = this.#room.members.active(userId);
    const refusal = this.#deps.checkPermission(member);
    if (refusal) throw refusal;
    const row = this.#visible(seq, member);
    const { body, tally } = pollOf(row);
    const chosen = [...new Set(options)].sort((one, other) => one - other);
    checkChoice(chosen, body);
    if (closedAt(body, tally, Date.now()) !== 0) throw new CoreError("conflict", "This poll is closed.");
    const { votes } = this.#deps;
    const before = votes.optionsOf(seq, userId);
    const removed = before.filter((option) => !chosen.includes(option));
    const added = chosen.filter((option) => !before.includes(option));
    if (removed.length + added.length === 0) return this.#shown(row, member);
    const { changeFeed, log } = this.#room;
    this.#room.commit((tx) => {
      const rev = changeFeed.store(tx, [seq], { by: userId, owner: userId });
      votes.add(seq, added, userId, rev);
      if (removed.length > 0) votes.remove(seq, removed, userId, rev);
      votes.store(seq, storedPoll({ body, tally: withVotes(tally, { before, after: chosen }) }));
    });
    return this.#shown(log.get(seq), member);
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
    this.#room.flushSends();
    const { changeFeed, log, members } = this.#room;
    const member = members.active(userId);
    const row = this.#visible(seq, member);
    const { body, tally } = pollOf(row);
    if (row.sender_id !== userId && member.role === "member")
      throw new CoreError("forbidden", "Only its sender, or the group's owner or admins, may close a poll.");
    if (closedAt(body, tally, Date.now()) !== 0) return this.#shown(row, member);
    this.#room.commit((tx) => {
      this.#deps.votes.store(seq, storedPoll({ body, tally: { ...tally, closedAt: Date.now() } }));
      changeFeed.store(tx, [seq], { by: userId });
    });
    return this.#shown(log.get(seq), member);
  }

  /**
   * At most `limit` users who voted for an option, in that order.
   * @param after the rev of the last one before them
   * @throws `not_found` unless the member can see the message, `forbidden` in an anonymous poll
   * @throws `validation_failed` for a message that is no poll, or is revoked, and for an option that it does
   *   not have
   */
  voters(member: MemberRow, seq: Seq, option: number, range: { after: number; limit: number }): VoterRow[] {
    const { body } = pollOf(this.#visible(seq, member));
    if (body.anonymous) throw new CoreError("forbidden", "Nobody learns who voted in an anonymous poll.");
    if (option >= body.options.length) throw invalid("query.option", noOption(body));
    return this.#deps.votes.page(seq, option, range.after, range.limit);
  }

  /**
   * Deletes the votes of a user whose account is deleted: those in 100 polls at once, the others by an alarm.
   */
  forget(userId: UserId): void {
    if (this.#forgetSome(userId)) this.#deps.schedule(userId);
  }

  /**
   * The `deleted_votes` job. @param key the id of the user
   * @returns when to run again (ms since 1970); null: nothing is left
   */
  runForget(key: string): number | null {
    return this.#forgetSome(UserId.parse(Number(key))) ? Date.now() : null;
  }

  /** @returns whether some are left */
  #forgetSome(userId: UserId): boolean {
    const { votes } = this.#deps;
    const { changeFeed } = this.#room;
    const seqs = votes.seqsOf(userId, FORGOTTEN_AT_ONCE + 1);
    this.#room.commit((tx) => {
      const changed = seqs.slice(0, FORGOTTEN_AT_ONCE).filter((seq) => this.#forgetIn(seq, userId));
      if (changed.length > 0) changeFeed.store(tx, changed);
    });
    return seqs.length > FORGOTTEN_AT_ONCE;
  }

  /**
   * Deletes all that is stored of a user about a poll, in the caller's transaction.
   * @returns whether the poll has changed: not if they had withdrawn their votes, or it is revoked
   */
  #forgetIn(seq: Seq, userId: UserId): boolean {
    const { votes } = this.#deps;
    const before = votes.optionsOf(seq, userId);
    votes.forget(seq, userId);
    const row = this.#room.log.get(seq);
    const poll = row && readPoll(row);
    if (!poll || before.length === 0) return false;
    votes.store(seq, storedPoll({ ...poll, tally: withVotes(poll.tally, { before, after: [] }) }));
    return true;
  }

  #visible(seq: Seq, member: MemberRow): MessageRow {
    const row = this.#room.log.visible(seq, member);
    if (!row) throw noMessage(seq);
    return row;
  }

  #shown(row: MessageRow | undefined, member: MemberRow): Message {
    const [message] = row ? this.#room.renderer.render([row], member) : [];
    if (!message) throw new Error("one row makes one message");
    return message;
  }
}

/** The poll of a message. @throws `validation_failed` */
function pollOf(row: MessageRow): { body: PollBody; tally: PollTally } {
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

/** A tally after a user has changed their votes. */
function withVotes(
  tally: PollTally,
  { before, after }: { before: readonly number[]; after: readonly number[] },
): PollTally {
  const count = (votes: readonly number[], option: number) => (votes.includes(option) ? 1 : 0);
  return {
    ...tally,
    counts: tally.counts.map((sum, option) => sum + count(after, option) - count(before, option)),
    voters: tally.voters + Math.min(after.length, 1) - Math.min(before.length, 1),
  };
}
