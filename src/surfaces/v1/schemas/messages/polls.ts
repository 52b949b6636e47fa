import { z } from "@hono/zod-openapi";
import { LIMITS } from "../../../../domain/limits.ts";
import { Kind } from "../../../../domain/messages/content.ts";
import { PollBody as Body } from "../../../../domain/messages/polls.ts";
import { User } from "../../accounts/users.ts";
import { ListQuery, pageShape, Time } from "../../common.ts";

/**
 * The kinds of message that v1 shows: a poll is a text for APIs that know no polls, and a notice of a backend
 * is a system message.
 */
export const MessageKind = z.enum([...Kind.options, "poll", "system"]);
export type MessageKind = z.infer<typeof MessageKind>;

const EndsAt = Body.shape.ends_at.meta({
  description: "When it ends by itself, in ms, at most 365 days ahead; 0: not before it is closed",
});

export const PollBody = Body.extend({
  multiple: z.boolean().openapi({ description: "Whether a user may choose several options" }),
  anonymous: z.boolean().openapi({ description: "Nobody is told who voted" }),
  ends_at: EndsAt,
}).openapi("PollBody");

const Option = z
  .int()
  .nonnegative()
  .max(LIMITS.pollOptions - 1);

const PollTally = z
  .object({
    counts: z.array(z.int().nonnegative()).openapi({ description: "The number of votes for each option" }),
    voters: z.int().nonnegative().openapi({ description: "The number of users who voted" }),
    closed_at: Time.openapi({ description: "When it was closed, or ended by itself, in ms; 0: it is open" }),
  })
  .openapi("PollTally");

/** The fields that only polls have. */
export const PollFields = {
  poll: PollTally.optional().openapi({
    description: "The votes now; absent only in the `last_message` of a conversation",
  }),
  votes: z.array(Option).max(LIMITS.pollOptions).optional().openapi({
    description:
      "The options that you have chosen, by index, from 0. In a frame it may be absent: what you know of it is right, at first none. In the `last_message` of a conversation it is absent",
  }),
};

export const NewVotes = z
  .object({
    options: z.array(Option).max(LIMITS.pollOptions).openapi({
      description: "The options that you choose, by index, from 0; `[]` withdraws your votes",
    }),
  })
  .openapi("NewVotes");

/** Which option's voters a list has. */
export const VotersQuery = ListQuery.extend({
  option: z
    .string()
    .regex(/^\d{1,2}$/, "must be the index of an option")
    .transform(Number)
    .pipe(Option)
    .openapi({ type: "integer", minimum: 0, maximum: LIMITS.pollOptions - 1, example: 0 }),
});

export const VoterPage = pageShape(z.object({ user: User, created_at: Time }).openapi("Voter")).openapi(
  "VoterPage",
);
