import { z } from "zod";
import { noUser } from "../../core/accounts/users.ts";
import { CoreError, noConversation, noMessage } from "../../domain/errors.ts";
import { ConversationId, Position, Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { textUpTo } from "../../domain/text.ts";
import { integer } from "../../http/fields.ts";

/** What is an integer and no id is one of nothing: its tables have codes for that. */
function idOf<S extends z.ZodType>(schema: S, missing: (id: number) => CoreError) {
  return integer.transform((id): z.output<S> => {
    const parsed = schema.safeParse(id);
    if (!parsed.success) throw missing(id);
    return parsed.data;
  });
}

const conversation = idOf(ConversationId, noConversation);
const user = idOf(UserId, noUser);

/** A flag, as the document writes it, or as JSON does. */
const flag = z
  .literal(["True", "False", true, false], { error: 'must be "True" or "False"' })
  .transform((value) => value === "True" || value === true);

/** A list as forms have it too: a field repeated, or a JSON array in one. */
const members = z.preprocess(listOf, z.array(user, { error: "must be a list of ids" }));

function listOf(value: unknown): unknown {
  if (typeof value !== "string") return value;
  if (/^\d+$/.test(value)) return [value];
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

/** Takes a field under another name too, where it is not there under its own. */
function alsoAs<T extends z.ZodType>(name: string, alias: string, schema: T) {
  return z.preprocess((fields) => {
    const given = z.record(z.string(), z.unknown()).parse(fields);
    return { ...given, [name]: name in given ? given[name] : given[alias] };
  }, schema);
}

/** `get_or_create_private_conversation` */
export const Opening = z.object({ friend: user });

/** `create_group_conversation`; many forms write brackets behind the name of a list. */
export const Creation = alsoAs(
  "members",
  "members[]",
  z.object({ members, name: textUpTo(LIMITS.name).min(1, "must not be empty") }),
);

/** `set_validation` */
export const Validation = z.object({ conversation, valid: flag });

/** `set_silent_conversation` */
export const Silence = z.object({ conversation, silent: flag });

/** `set_sticky_conversation`: so its document spells it. */
export const Stickiness = alsoAs(
  "conversaion",
  "conversation",
  z.object({ conversaion: conversation, sticky: flag }),
);

/** `secondary_validate`: any password may be tried. */
export const SecondCheck = z.object({ password: z.string() });

/** `set_read_message` */
export const Reading = z.object({ conversation, msg_id: idOf(Seq, noMessage) });

/** `query_all_records`, and what each query takes: without `limit` everything is given, before `before` where it is there. */
export const Query = z.object({
  conversation,
  before: integer.pipe(Position).optional(),
  limit: integer.pipe(z.int().min(1).max(LIMITS.page)).optional(),
});

/** Nobody has so high an id: who is none of ours has said as little as he. */
const NOBODY = UserId.parse(Number.MAX_SAFE_INTEGER);

/** `query_by_sender` */
export const SenderQuery = Query.extend({
  sender: integer.transform((id) => UserId.safeParse(id).data ?? NOBODY),
});

/** `query_by_content`: longer texts there are none. */
export const ContentQuery = Query.extend({ content: textUpTo(LIMITS.text) });

const Typed = z.enum(["image", "file", "video", "audio"]);

/** `query_by_type`: a type that there is not has a code of its own. */
export const TypeQuery = Query.extend({
  type: z.string().transform((type) => {
    const kind = Typed.safeParse(type).data;
    if (kind === undefined) throw new CoreError("not_found", `type: must be ${Typed.options.join(", ")}`);
    return kind;
  }),
});
