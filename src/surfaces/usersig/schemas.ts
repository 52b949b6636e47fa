import { z } from "zod";
import { ExtendedFields } from "../../domain/accounts/extended-profile.ts";
import { NewUsername, Username } from "../../domain/accounts/user.ts";
import { noConversation } from "../../domain/errors.ts";
import { ConversationId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { GroupName } from "../../domain/names/names.ts";
import { type FieldOptions, integer, pageSize } from "../../http/fields.ts";

/** Bodies are JSON or forms. A list of a thousand users is larger than a message. */
export const BODY: FieldOptions = { maxBytes: 2 * LIMITS.writtenBytes, forms: true };

/** A text, which clients that send JSON may write as an integer: ids and phone numbers are digits. */
function text<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => (Number.isSafeInteger(value) ? String(value) : value), schema);
}

/** A text that may be absent, which clients that send JSON may write as null. */
export function optional<S extends z.ZodType>(schema: S) {
  return z.preprocess((value) => (value === null ? undefined : value), text(schema));
}

const shape = ExtendedFields.partial().shape;

/** The fields of a chat user, by their names on the wire. */
const fields = {
  name: optional(shape.fullName),
  nickname: optional(shape.nickname),
  username: optional(shape.alias),
  gender: optional(shape.gender),
  birthday: optional(shape.birthday),
  id_card_num: optional(shape.idCardNum),
  phone: optional(shape.phone),
  email: optional(shape.email),
  province: optional(shape.province),
  city: optional(shape.city),
  avatar: optional(shape.avatar),
  description: optional(shape.signature),
};

/** The rule key. */
const token = z.string().min(1, "must not be empty");

/** `POST /chat/create-chat-user/` */
export const Creation = z.object({
  user_id: text(NewUsername),
  token: optional(token.optional()),
  ...fields,
});

/** `POST /chat/change-chat-user-info/` */
export const Change = Creation.extend({ user_id: text(Username) });

/** The same with a user_sig, which names the user. */
export const OwnChange = Change.omit({ user_id: true, token: true });

/** `GET /chat/chat-user-info/` */
export const Info = z.object({ user_id: Username, token: token.optional() });

/** `POST /chat/get-user-sig/` */
export const SigRequest = z.object({ user_id: text(Username), token: text(token) });

/**
 * A conversation id on the wire.
 * @throws `not_found` for text that can be no id
 */
export const sessionId = z
  .union([z.string().min(1), z.int()], { error: "must be there" })
  .transform((wire) => {
    const id = integer.pipe(ConversationId).safeParse(wire);
    if (!id.success) throw noConversation();
    return id.data;
  });

/** Usernames: a JSON array, or in a form a repeated field, or one field that holds a JSON array. */
const names = z.preprocess(listOf, z.array(text(Username)).min(1, "must not be empty"));

function listOf(value: unknown): unknown {
  if (typeof value === "number") return [value];
  if (typeof value !== "string") return value;
  if (!value.trimStart().startsWith("[")) return value === "" ? [] : [value];
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

export const SINGLE = 1;
export const GROUP = 2;

/** `POST /chat/create-session/` */
export const Opening = z.object({
  name: text(GroupName),
  type: integer.pipe(z.literal([SINGLE, GROUP], { error: "must be 1 (单聊) or 2 (群聊)" })),
  chat_user_id_list: names,
});

const positive = integer.pipe(z.int().positive({ error: "must be positive" }));
const DEFAULT_SIZE = 10;

const page = {
  page_size: pageSize(LIMITS.page).default(DEFAULT_SIZE),
  page_num: positive.default(1),
  /** with any value: the whole list in one page */
  total: z.unknown().optional(),
};

/** The requested part of a list. */
export interface Range {
  skip: number;
  limit: number;
}

/** The requested page; null: the whole list. */
function rangeOf({ page_size, page_num, total }: { page_size: number; page_num: number; total?: unknown }) {
  if (total !== undefined) return null;
  return { skip: Math.min((page_num - 1) * page_size, Number.MAX_SAFE_INTEGER), limit: page_size };
}

/** `GET /chat/session-info/` */
export const Listing = z
  .object(page)
  .transform((query): { range: Range | null } => ({ range: rangeOf(query) }));

/** `GET /chat/chat-log-info/` */
export const LogListing = z
  .object({ session_id: sessionId, ...page })
  .transform(({ session_id, ...query }) => ({ session_id, range: rangeOf(query) }));

/** `POST /chat/single-chat-mark-as-read/` */
export const Marking = z.object({ session_id: sessionId });
