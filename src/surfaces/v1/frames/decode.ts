import { z } from "@hono/zod-openapi";
import { CoreError, invalid } from "../../../domain/errors.ts";
import type { AnyDraft } from "../../../domain/messages/message.ts";
import { requireSound } from "../../../http/json.ts";
import { ClientMsgId, NewMessage, PlainText, toDraft } from "../messages/new-message.ts";

const Identified = z.object({ client_msg_id: ClientMsgId });

/**
 * The draft of a send.
 * @throws `validation_failed`
 */
export function draftOf(value: unknown): AnyDraft {
  requireSound(value, "message");
  const message: NewMessage = plainText(value) ?? checked(NewMessage, value);
  if (message.send_at !== undefined) throw invalid("send_at", HTTP_ALONE);
  if ("only_for" in message && message.only_for !== undefined) throw invalid("only_for", NOT_PASSING);
  return toDraft(message);
}

/** The fields of a send that `PlainText` checks, and those of its frame. */
const PLAIN_FIELDS: ReadonlySet<string> = new Set(["type", "conversation_id", ...PlainText.keyof().options]);

/**
 * A send that has no other fields than those of a plain text. Workers forbid zod to compile its schemas, so a
 * send pays for each field that it could have.
 * @returns undefined for any other send, and for an invalid one
 */
function plainText(value: unknown): z.infer<typeof PlainText> | undefined {
  for (const field in Object(value)) if (!PLAIN_FIELDS.has(field)) return undefined;
  return PlainText.safeParse(value).data;
}

const HTTP_ALONE = "a socket sends at once: schedule with POST /v1/conversations/{id}/messages";

const NOT_PASSING = "a socket stores what it sends: use POST /v1/conversations/{id}/messages";

/**
 * The client message id of a refused send, which its error carries; undefined if the send has no valid one.
 */
export function clientMsgIdOf(value: unknown): string | undefined {
  return Identified.safeParse(value).data?.client_msg_id;
}

/**
 * The value, parsed by its schema.
 * @throws `validation_failed`, with every invalid field in its text
 */
export function checked<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join("."), message }));
  const detail = errors
    .map(({ path, message }) => (path === "" ? message : `${path}: ${message}`))
    .join("; ");
  throw new CoreError("validation_failed", detail, { errors });
}
