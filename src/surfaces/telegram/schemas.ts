import { z } from "zod";
import { Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { type FieldOptions, integer } from "../../http/fields.ts";

/** Bodies are JSON or forms. */
export const BODY: FieldOptions = { maxBytes: LIMITS.writtenBytes, forms: true };

/** What is not plain text is JSON in forms and queries. */
export function json<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value) => {
    if (typeof value !== "string") return value;
    try {
      return JSON.parse(value);
    } catch {
      return value;
    }
  }, schema);
}

/** A truth, as forms write it too. */
export const flag = z.preprocess(
  (value) => (typeof value === "string" ? /^(true|1|yes)$/i.test(value) : value),
  z.boolean(),
);

/** Null is as good as nothing: some libraries send it. */
export const orNone = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === null || value === "" ? undefined : value), schema.optional());

/** The id of a chat: of a user, or the negative one of a group. */
export const chat = integer.pipe(z.int());
export const seq = integer.pipe(Seq);
const user = integer.pipe(UserId);
/** Of a message that is answered, or of the first one of a thread: 0 is none. */
const answeredSeq = z.preprocess((value) => (Number(value) === 0 ? undefined : value), seq.optional());

const ParseMode = z.enum(["html", "markdown", "markdownv2"]);

/** How a text is marked. The mode is compared without case. */
export const parseMode = orNone(
  z.preprocess((value) => (typeof value === "string" ? value.toLowerCase() : value), ParseMode),
);
export type ParseMode = z.infer<typeof ParseMode>;

/** Parts of a text that are more than text. Further fields are ignored. */
export const entities = orNone(
  json(
    z
      .array(
        z.object({
          ...{ type: z.string(), offset: z.int().nonnegative(), length: z.int().nonnegative() },
          ...{ url: z.string().optional(), language: z.string().max(30).optional() },
          user: z.object({ id: integer.pipe(z.int()) }).optional(),
        }),
      )
      .max(100),
  ),
);

const Reply = z.object({
  message_id: answeredSeq,
  chat_id: orNone(chat),
  allow_sending_without_reply: orNone(flag),
});

/** Where a send goes, and what it answers. */
export const SENDING = {
  chat_id: chat,
  reply_to_message_id: answeredSeq,
  allow_sending_without_reply: orNone(flag),
  reply_parameters: orNone(json(Reply)),
  message_thread_id: answeredSeq,
};

/** The caption of a file. */
export const CAPTION = { caption: orNone(z.string()), parse_mode: parseMode, caption_entities: entities };

/** A message of a chat. */
export const OnMessage = z.object({ chat_id: chat, message_id: seq });
/** A user of a chat. */
export const OnUser = z.object({ chat_id: chat, user_id: user });
export const OnChat = z.object({ chat_id: chat });

/** Kinds of updates. */
export const allowedUpdates = orNone(json(z.array(z.string().max(64)).max(50)));
