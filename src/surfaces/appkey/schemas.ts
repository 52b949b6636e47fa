import { z } from "zod";
import { ConversationId, Position, Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { type FieldOptions, integer, pageSize } from "../../http/fields.ts";
import { LAST_TIME } from "../../lib/stored-time.ts";

/** Bodies are JSON. */
export const BODY: FieldOptions = { maxBytes: LIMITS.writtenBytes, forms: false };

/** Conversation ids are negative with nine digits on the wire: the first is −100000001. */
const OFFSET = 100_000_000;

/** The id of a conversation on the wire. */
export const wireId = (id: ConversationId): number => -(OFFSET + id);

const conversationid = integer.transform((wire, context) => {
  const id = ConversationId.safeParse(-wire - OFFSET).data;
  if (id !== undefined) return id;
  context.addIssue("must be the id of a conversation: negative, of nine digits");
  return z.NEVER;
});

/** Milliseconds since 1970, by the client's clock. */
const time = integer.pipe(
  z
    .int()
    .nonnegative({ error: "must be a time in milliseconds" })
    .max(LAST_TIME, "must be a time in milliseconds"),
);

const DEFAULT_LIMIT = 20;

/** `POST /conversation` */
export const Opening = z.object({ passiveuser: integer.pipe(UserId), time });

/** `POST /message` */
export const Sending = z.object({
  conversationid,
  type: integer,
  content: z.string(),
  time,
});

/** `GET /message` */
export const Listing = z.object({
  conversationid,
  start: integer.pipe(Position).default(Position.parse(0)),
  limit: pageSize(LIMITS.page).default(DEFAULT_LIMIT),
});

/** The types of a deletion: 1 hides the message from the caller, 2 revokes it. */
const FOR_ONESELF = 1;
export const FOR_ALL = 2;

/** `DELETE /message` */
export const Deletion = z.object({
  messagekey: z
    .string()
    .regex(/^\d{1,16}-\d{1,16}$/, "must be a messagekey, as the other calls give it")
    .transform((key) => key.split("-").map(Number))
    .pipe(z.tuple([ConversationId, Seq])),
  type: integer.pipe(z.literal([FOR_ONESELF, FOR_ALL], { error: "must be 1 (for oneself) or 2 (for all)" })),
});
