import { z } from "zod";
import { CoreError, MediaKind, noConversation, noMessage, noUser } from "../../domain/errors.ts";
import { ConversationId, Position, Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { GroupName } from "../../domain/names/names.ts";
import { textUpTo } from "../../domain/text.ts";
import { integer, pageSize } from "../../http/fields.ts";

/**
 * An id. An integer that is no valid id counts as an unknown id, for which the tables have codes.
 * @throws `missing`
 */
function idOf<S extends z.ZodType>(schema: S, missing: (id: number) => CoreError) {
  return integer.transform((id): z.output<S> => {
    const parsed = schema.safeParse(id);
    if (!parsed.success) throw missing(id);
    return parsed.data;
  });
}

const conversation = idOf(ConversationId, noConversation);
const user = idOf(UserId, noUser);

/** A flag: `"True"` or `"False"`, as in the document, or a JSON boolean. */
const flag = z
  .literal(["True", "False", true, false], { error: 'must be "True" or "False"' })
  .transform((value) => value === "True" || value === true);

/**
 * A list of ids: a JSON array, or in a form a repeated field, or one field that holds a JSON array or ids
 * between commas.
 */
const members = z.preprocess(listOf, z.array(user, { error: "must be a list of ids" }));

const IDS = /^\d+(?:\s*,\s*\d+)*$/;

function listOf(value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (IDS.test(value)) return value.split(",").map((id) => id.trim());
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Accepts an alias of a field, which counts if the field itself is absent. */
function alsoAs<T extends z.ZodType>(name: string, alias: string, schema: T) {
  return z.preprocess((fields) => {
    const values = z.record(z.string(), z.unknown()).parse(fields);
    return { ...values, [name]: name in values ? values[name] : values[alias] };
  }, schema);
}

/** `get_or_create_private_conversation` */
export const Opening = z.object({ friend: user });

/** `create_group_conversation`. Many form libraries append brackets to the name of a list. */
export const Creation = alsoAs("members", "members[]", z.object({ members, name: GroupName }));

/** `set_validation` */
export const Validation = z.object({ conversation, valid: flag });

/** `set_silent_conversation` */
export const Silence = z.object({ conversation, silent: flag });

/** `set_sticky_conversation`. The document spells the field `conversaion`. */
export const Stickiness = alsoAs(
  "conversaion",
  "conversation",
  z.object({ conversaion: conversation, sticky: flag }),
);

/** `secondary_validate`. Any string is accepted as a password. */
export const SecondCheck = z.object({ password: z.string() });

/** `set_read_message` */
export const Reading = z.object({ conversation, msg_id: idOf(Seq, noMessage) });

/**
 * `query_all_records`, and the fields of every query. Without `limit` all messages are returned, with it 100
 * at most; `before` is an exclusive bound.
 */
export const Query = z.object({
  conversation,
  before: integer.pipe(Position).optional(),
  limit: pageSize(LIMITS.page).optional(),
});

/** An id that no user has: an invalid sender finds no messages. */
const UNKNOWN_USER = UserId.parse(Number.MAX_SAFE_INTEGER);

/** `query_by_sender` */
export const SenderQuery = Query.extend({
  sender: integer.transform((id) => UserId.safeParse(id).data ?? UNKNOWN_USER),
});

/** `query_by_content`. No stored text is longer. */
export const ContentQuery = Query.extend({ content: textUpTo(LIMITS.textLength) });

/** The types, in the order in which the error names them. */
const Type = MediaKind.extract(["image", "file", "video", "audio"]);

/** `query_by_type`. An unknown type is `not_found`, for which its table has a code. */
export const TypeQuery = Query.extend({
  type: z.string().transform((type) => {
    const kind = Type.safeParse(type).data;
    if (kind === undefined) throw new CoreError("not_found", `type: must be ${Type.options.join(", ")}`);
    return kind;
  }),
});
