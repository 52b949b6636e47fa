import { z } from "zod";
import { LIMITS } from "../limits.ts";
import { hasVisible } from "../names/characters.ts";
import { textUpTo } from "../text.ts";
import { StoredTime, Time } from "../time.ts";
import type { Content } from "./content.ts";

const line = (max: number) => textUpTo(max).min(1).refine(hasVisible, "must have a visible character");

const options = z
  .array(line(LIMITS.pollOption))
  .min(LIMITS.pollOptionsMin)
  .max(LIMITS.pollOptions)
  .refine(
    (texts) => new Set(texts.map((text) => text.trim())).size === texts.length,
    "must differ from each other",
  );

/** A question with options of which users choose. `ends_at`: ms since 1970; 0: it is open until closed. */
export const PollBody = z.object({
  question: line(LIMITS.pollQuestion),
  options,
  multiple: z.boolean(),
  anonymous: z.boolean(),
  ends_at: Time,
});
export type PollBody = z.infer<typeof PollBody>;

/** The votes of a poll: the number for each option, the number of users, and its end. */
export const PollTally = z.object({
  counts: z.array(z.int().nonnegative()),
  voters: z.int().nonnegative(),
  /** when it was closed (ms since 1970); 0: it is open */
  closedAt: StoredTime,
});
export type PollTally = z.infer<typeof PollTally>;

/** A poll as a message shows it. */
export interface Poll {
  /** absent once revoked */
  body?: PollBody | undefined;
  /** absent once revoked, and in lists of conversations */
  tally?: PollTally | undefined;
}

/**
 * The content of the message that a poll is for clients, APIs and releases that know no polls: a text of the
 * question and the numbered options.
 */
export function pollText({ question, options }: PollBody): Extract<Content, { kind: "text" }> {
  const text = [question, ...options.map((option, i) => `${i + 1}. ${option}`)].join("\n");
  return { kind: "text", body: { text } };
}

/** The tally of a poll without votes. */
export function emptyTally({ options }: PollBody): PollTally {
  return { counts: options.map(() => 0), voters: 0, closedAt: 0 };
}

/**
 * When a poll was closed, or ended by itself.
 * @param now ms since 1970
 * @returns ms since 1970; 0: it is open
 */
export function closedAt({ ends_at }: PollBody, tally: PollTally, now: number): number {
  if (tally.closedAt !== 0) return tally.closedAt;
  return ends_at !== 0 && ends_at <= now ? ends_at : 0;
}
