import type { z } from "@hono/zod-openapi";
import { NOBODY, type UserId } from "../../../../domain/ids.ts";
import { plainText } from "../../../../domain/markup/plain.ts";
import { EMPTY_BODY, previewOf } from "../../../../domain/messages/content.ts";
import type { Message, Quote } from "../../../../domain/messages/message.ts";
import type { Poll } from "../../../../domain/messages/polls.ts";
import { plain } from "../../../../lib/markup.ts";
import type { MessageKind, PollFields } from "../../schemas/messages/polls.ts";
import { systemMessageBody } from "./system-message.ts";

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
