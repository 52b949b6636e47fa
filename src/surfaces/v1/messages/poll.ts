import { z } from "@hono/zod-openapi";
import { NOBODY, type UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { plainText } from "../../../domain/markup/plain.ts";
import { EMPTY_BODY, Kind, previewOf } from "../../../domain/messages/content.ts";
import type { Message, Quote } from "../../../domain/messages/message.ts";
import { PollBody as Body, type Poll } from "../../../domain/messages/polls.ts";
import { plain } from "../../../lib/markup.ts";
import { Time } from "../common.ts";
import { systemMessageBody } from "./system-message.ts";

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

export const Option = z
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

/** The kind of a message as v1 shows it. A system message by nobody is a notice of a backend. */
export function kindOf({ kind, poll }: Pick<Message, "kind" | "poll">, senderId: UserId): MessageKind {
  if (poll) return "poll";
  return kind === "tip" && senderId === NOBODY ? "system" : kind;
}

/** The body of a message as v1 shows it: JSON text. */
export function bodyOf({
  body,
  poll,
  systemMessage,
}: Pick<Message, "body" | "poll" | "systemMessage">): string {
  if (systemMessage && body !== EMPTY_BODY) return systemMessageBody(body, systemMessage);
  return poll?.body ? JSON.stringify(poll.body) : body;
}

/**
 * The preview of a quoted message as v1 shows it: of a poll its question. Clients read it as they read texts,
 * so signs that they would take for marks are escaped.
 */
export function quotePreview({ preview, poll }: Quote): string {
  const shown = poll?.body ? previewOf(poll.body.question) : preview;
  return plainText(shown) === shown ? shown : plain(shown);
}

/** The votes of a poll as v1 shows them. */
export function tallyFields({ tally }: Poll): { poll?: z.infer<typeof PollFields.poll> } {
  if (!tally) return {};
  const { counts, voters, closedAt } = tally;
  return { poll: { counts, voters, closed_at: closedAt } };
}
