import { z } from "zod";
import { ConversationCode, ConversationId, Seq, SpaceId, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { ReactionKey } from "../../domain/messages/reactions.ts";
import { type FieldOptions, integer, pageSize } from "../../http/fields.ts";

/** Bodies are JSON or forms: the document has JSON, and some libraries send forms. */
export const BODY: FieldOptions = { maxBytes: LIMITS.writtenBytes, forms: true };

/** The largest page; a larger `page_size` is reduced to it. */
export const MAX_PAGE_SIZE = 50;

const positive = integer.pipe(z.int().positive({ error: "must be a positive integer" }));
const chat_code = z
  .string({ error: "must be a chat code, as the other calls give it" })
  .pipe(ConversationCode);
const target_id = integer.pipe(UserId);

/** `user-chat/list` */
export const Listing = z.object({
  page: positive.default(1),
  page_size: pageSize(MAX_PAGE_SIZE).default(MAX_PAGE_SIZE),
});
export type Listing = z.infer<typeof Listing>;

/** `user-chat/view` */
export const Viewing = z.object({ chat_code });

/** `user-chat/create` */
export const Creation = z.object({ target_id });

/** Null and an empty text are as good as nothing: some libraries send them. */
export const orNone = <Schema extends z.ZodType>(schema: Schema) =>
  z.preprocess((value) => (value === null || value === "" ? undefined : value), schema.optional());

/** A conversation by its code, or by the other user. */
const Place = z.object({ chat_code: orNone(chat_code), target_id: orNone(target_id) });

/** A direct conversation. The code wins, as it names one that exists. */
export const DirectPlace = Place.transform(({ chat_code: code, target_id: peer }, context) => {
  if (code !== undefined) return { code };
  if (peer !== undefined) return { peer };
  context.addIssue({ code: "custom", path: ["chat_code"], message: "must be there" });
  return z.NEVER;
});

/** A channel of a guild. An older document calls it `channel_id`. */
export const ChannelPlace = z.preprocess(
  (fields) => ({ target_id: Object(fields).target_id ?? Object(fields).channel_id }),
  z.object({ target_id: integer.pipe(ConversationId) }),
);

/** The id of a message: the number of its conversation, and its own. */
const MESSAGE_ID = /^(\d{1,16})-(\d{1,16})$/;

const msg_id = z.string({ error: "must be the id of a message" }).transform((text, context) => {
  const [, conversation, message] = MESSAGE_ID.exec(text) ?? [];
  const id = ConversationId.safeParse(Number(conversation));
  const seq = Seq.safeParse(Number(message));
  if (id.success && seq.success) return { id: id.data, seq: seq.data };
  context.addIssue({ code: "custom", message: "must be the id of a message" });
  return z.NEVER;
});

const content = z.string({ error: "must be a text" });

/** The types that are sent as they are written, and those of files. */
const MessageType = integer.pipe(z.literal([1, 2, 3, 4, 8, 9, 10], "must be 1, 2, 3, 4, 8, 9 or 10"));

/**
 * `direct-message/create`, `message/create`. `nonce` comes back as it is, and means nothing else.
 * `temp_target_id`: the one user to whom it is shown.
 */
export const NewMessage = z
  .object({
    type: orNone(MessageType),
    content,
    quote: orNone(msg_id),
    nonce: z.union([z.string().max(256), z.number()]).nullish(),
    temp_target_id: orNone(target_id),
  })
  .transform(({ type = 1, nonce, ...rest }) => ({ type, nonce: nonce ?? "", ...rest }));

/** A call about one message. */
export const OnMessage = z.object({ msg_id });

/** `direct-message/update` */
export const ChangedMessage = z.object({ msg_id, content });

/** Around which message a page is. */
const Flag = z.enum(["before", "around", "after"], { error: "must be before, around or after" });

/** 0 or 1, or a truth value: libraries send both, in queries too. */
export const flag = z.union([
  z.boolean(),
  z.enum(["true", "false"]).transform((value) => value === "true"),
  integer.transform((value) => value !== 0),
]);

/** `direct-message/list`, `message/list`. `pin`: the pinned ones. */
export const MessageListing = z.object({
  msg_id: orNone(msg_id),
  flag: orNone(Flag),
  page_size: orNone(pageSize(MAX_PAGE_SIZE)),
  pin: orNone(flag),
});

/** KOOK writes an emoji by its code points too: `[#128512;]`. */
const NUMBERED = /\[#(\d{1,7});\]/g;
const MAX_CODE_POINT = 0x10ffff;

/** An emoji in each of its spellings; one library encodes it for the address twice. */
function emojiOf(text: string): string {
  return decoded(text).replace(NUMBERED, (whole, digits: string) =>
    Number(digits) <= MAX_CODE_POINT ? String.fromCodePoint(Number(digits)) : whole,
  );
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const emoji = z.string({ error: "must be an emoji" }).max(256).transform(emojiOf).pipe(ReactionKey);

/** `direct-message/add-reaction` */
export const NewReaction = z.object({ msg_id, emoji });

/** `direct-message/delete-reaction` */
export const OldReaction = z.object({ msg_id, emoji, user_id: orNone(target_id) });

/** `direct-message/reaction-list`; without an emoji all of them */
export const Reactors = z.object({ msg_id, emoji: orNone(emoji) });

/** `user/view` */
export const UserQuery = z.object({ user_id: target_id, guild_id: orNone(integer.pipe(SpaceId)) });

/** `gateway/index`: frames are compressed unless `compress` is 0. */
export const GatewayQuery = z.object({ compress: orNone(integer) });
