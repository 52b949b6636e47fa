import { z } from "zod";
import { closedAt, emptyTally, type Poll, type PollBody, PollTally } from "../../domain/messages/polls.ts";
import { StoredTime } from "../../domain/time.ts";
import type { MessageRow } from "../log/row.ts";
import type { MarkKind } from "../marks/mark-store.ts";

/** A body that was checked when it was sent. */
const SentBody = z.object({
  question: z.string(),
  options: z.array(z.string()),
  multiple: z.boolean(),
  anonymous: z.boolean(),
  ends_at: StoredTime,
}) satisfies z.ZodType<PollBody>;

const StoredPoll = z.object({ body: SentBody, tally: PollTally });
export type StoredPoll = z.infer<typeof StoredPoll>;

/** Votes as marks: the index of an option is a mark. The tally is in the stored poll. */
export const VOTES: MarkKind<number> = {
  ...{ table: "votes", column: "option", hadSome: -1, tally: "poll", revoked: "{}" },
  count(stored, { before, after }) {
    const { body, tally } = StoredPoll.parse(JSON.parse(stored ?? "null"));
    const votesFor = (options: readonly number[], option: number) => (options.includes(option) ? 1 : 0);
    const counts = tally.counts.map(
      (sum, option) => sum + votesFor(after, option) - votesFor(before, option),
    );
    const voters = tally.voters + Math.min(after.length, 1) - Math.min(before.length, 1);
    return storedPoll({ body, tally: { ...tally, counts, voters } });
  },
  ownPart: (votes) => ({ votes: votes.sort((one, other) => one - other) }),
};

/** The column `messages.poll` of a new message; null: it is no poll. */
export function newPoll(body: PollBody | undefined): string | null {
  return body ? storedPoll({ body, tally: emptyTally(body) }) : null;
}

/** A poll as the column `messages.poll` has it. */
export function storedPoll(poll: StoredPoll): string {
  return JSON.stringify(poll);
}

/** The poll of a message; null: it is none, or revoked. */
export function readPoll({ poll, revoked_rev }: Pick<MessageRow, "poll" | "revoked_rev">): StoredPoll | null {
  return poll === null || revoked_rev !== null ? null : StoredPoll.parse(JSON.parse(poll));
}

/** The poll of a message as its readers see it now; undefined: it is none. */
export function shownPoll(row: Pick<MessageRow, "poll" | "revoked_rev">): Poll | undefined {
  if (row.poll === null) return undefined;
  const poll = readPoll(row);
  if (!poll) return {};
  const { body, tally } = poll;
  return { body, tally: { ...tally, closedAt: closedAt(body, tally, Date.now()) } };
}

/** Until when a poll looks as it does now, without a change of it: ms since 1970. */
export function unchangedUntil(row: Pick<MessageRow, "poll" | "revoked_rev">): number {
  const poll = readPoll(row);
  if (!poll || poll.body.ends_at === 0) return Number.POSITIVE_INFINITY;
  const isOpen = closedAt(poll.body, poll.tally, Date.now()) === 0;
  return isOpen ? poll.body.ends_at : Number.POSITIVE_INFINITY;
}
