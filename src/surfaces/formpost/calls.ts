import { type Context, Hono } from "hono";
import { z } from "zod";
import { checkOwnPassword } from "../../core/accounts/passwords.ts";
import { whileSignedIn } from "../../core/accounts/sessions.ts";
import {
  distinguishNotMember,
  openAmongFriends,
  setPreferencesEvenAsFormerMember,
} from "../../core/conversations/conversations.ts";
import { createGroup } from "../../core/groups/create-group.ts";
import type { Preferences } from "../../domain/conversations/conversation.ts";
import { CoreError, MediaKind, noConversation, noMessage, noUser } from "../../domain/errors.ts";
import { ConversationId, Position, Seq, UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { GroupName } from "../../domain/names/names.ts";
import { textUpTo } from "../../domain/text.ts";
import { limitedByAddress, weighs } from "../../http/access/rate-limit.ts";
import { checked, integer, pageSize } from "../../http/fields.ts";
import { streamedJson } from "../../http/shown-files.ts";
import { authenticated, type FormEnv } from "./auth.ts";
import { succeed } from "./envelope.ts";
import { messagesJson, serializeConversation } from "./serialize.ts";
import { type HistoryQuery, readHistory } from "./use-cases/full-history.ts";
import { listOnRecord } from "./use-cases/on-record.ts";

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
const Opening = z.object({ friend: user });

/** `create_group_conversation`. Many form libraries append brackets to the name of a list. */
const Creation = alsoAs("members", "members[]", z.object({ members, name: GroupName }));

/** `set_validation` */
const Validation = z.object({ conversation, valid: flag });

/** `set_silent_conversation` */
const Silence = z.object({ conversation, silent: flag });

/** `set_sticky_conversation`. The document spells the field `conversaion`. */
const Stickiness = alsoAs(
  "conversaion",
  "conversation",
  z.object({ conversaion: conversation, sticky: flag }),
);

/** `secondary_validate`. Any string is accepted as a password. */
const SecondCheck = z.object({ password: z.string() });

/** `set_read_message` */
const Reading = z.object({ conversation, msg_id: idOf(Seq, noMessage) });

/**
 * `query_all_records`, and the fields of every query. Without `limit` all messages are returned, with it 100
 * at most; `before` is an exclusive bound.
 */
const Query = z.object({
  conversation,
  before: integer.pipe(Position).optional(),
  limit: pageSize(LIMITS.page).optional(),
});

/** An id that no user has: an invalid sender finds no messages. */
const UNKNOWN_USER = UserId.parse(Number.MAX_SAFE_INTEGER);

/** `query_by_sender` */
const SenderQuery = Query.extend({
  sender: integer.transform((id) => UserId.safeParse(id).data ?? UNKNOWN_USER),
});

/** `query_by_content`. No stored text is longer. */
const ContentQuery = Query.extend({ content: textUpTo(LIMITS.textLength) });

/** The types, in the order in which the error names them. */
const Type = MediaKind.extract(["image", "file", "video", "audio"]);

/** `query_by_type`. An unknown type is `not_found`, for which its table has a code. */
const TypeQuery = Query.extend({
  type: z.string().transform((type) => {
    const kind = Type.safeParse(type).data;
    if (kind === undefined) throw new CoreError("not_found", `type: must be ${Type.options.join(", ")}`);
    return kind;
  }),
});

export const conversations = new Hono<FormEnv>({ strict: false });

/** 获取所有…: four lists, by action. The document spells one action `sticked`; both spellings work. */
const LISTS = [
  ["/user/get_private_conversations", { kind: "direct", pinned: false }],
  ["/user/get_group_conversations", { kind: "group", pinned: false }],
  ["/user/get_sticky_private_conversations", { kind: "direct", pinned: true }],
  ["/user/get_sticked_group_conversations", { kind: "group", pinned: true }],
  ["/user/get_sticky_group_conversations", { kind: "group", pinned: true }],
] as const;

for (const [path, filter] of LISTS) {
  conversations.post(path, authenticated, weighs("page"), async (c) => {
    const items = await listOnRecord(c.var.core, c.var.caller.userId, filter);
    return succeed(c, { conversations: items.map(serializeConversation) });
  });
}

/** 创建/获取私聊: opens the conversation with a friend, or finds it. */
conversations.post("/user/get_or_create_private_conversation", authenticated, async (c) => {
  const { friend } = checked(Opening, c.var.fields);
  const { conversation } = await openAmongFriends(c.var.core, c.var.caller.userId, friend);
  return succeed(c, { conversation_id: conversation.id, silent: conversation.silent });
});

/** 创建群聊: creates a group with friends. */
conversations.post("/user/create_group_conversation", authenticated, async (c) => {
  const { members, name } = checked(Creation, c.var.fields);
  const { conversation } = await createGroup(c.var.core, c.var.caller.userId, {
    name,
    memberIds: members,
    joinPolicy: "closed",
    policy: "group",
    amongFriends: true,
  });
  return succeed(c, { conversation_id: conversation.id });
});

export const flags = new Hono<FormEnv>({ strict: false });

/** 设置二次验证: sets whether a client asks for the password before it shows the conversation. */
flags.post("/user/set_validation", authenticated, async (c) => {
  const { conversation, valid } = checked(Validation, c.var.fields);
  await setFlag(c, conversation, { validation: valid });
  return succeed(c, { Modified: true });
});

/** 二次验证: checks the caller's own password. */
flags.post("/user/secondary_validate", limitedByAddress, authenticated, async (c) => {
  const { password } = checked(SecondCheck, c.var.fields);
  await checkOwnPassword(c.var.core, c.var.caller, password);
  return succeed(c, { Valid: true });
});

/** 设置聊天置顶 */
flags.post("/user/set_sticky_conversation", authenticated, async (c) => {
  const { conversaion: conversation, sticky: pinned } = checked(Stickiness, c.var.fields);
  await setFlag(c, conversation, { pinned });
  return succeed(c, { Revised: true });
});

/** 设置聊天免打扰 */
flags.post("/user/set_silent_conversation", authenticated, async (c) => {
  const { conversation, silent } = checked(Silence, c.var.fields);
  await setFlag(c, conversation, { silent });
  return succeed(c, { Modified: true });
});

/** 设置已读消息位置: moves the read position to a message. */
flags.post("/user/set_read_message", authenticated, async (c) => {
  const { conversation, msg_id } = checked(Reading, c.var.fields);
  const { userId } = c.var.caller;
  await c.var.core.conversations.read(conversation, { userId, seq: Position.parse(msg_id) });
  return succeed(c, { "Set Read Messages": true });
});

/** Sets one of the caller's own preferences, also of a conversation that the caller has left. */
async function setFlag(
  { var: { core, caller } }: Context<FormEnv>,
  id: ConversationId,
  flag: Partial<Preferences>,
): Promise<void> {
  await distinguishNotMember(core, id, () => setPreferencesEvenAsFormerMember(core, caller.userId, id, flag));
}

export const records = new Hono<FormEnv>({ strict: false });

/** 获取所有聊天记录: all messages that the caller can read. */
records.post("/user/query_all_records", authenticated, weighs("whole"), (c) =>
  query(c, checked(Query, c.var.fields), {}),
);

/** 根据发送者查询聊天记录 */
records.post("/user/query_by_sender", authenticated, weighs("whole"), (c) => {
  const fields = checked(SenderQuery, c.var.fields);
  return query(c, fields, { senderId: fields.sender });
});

/** 根据内容查询聊天记录: messages that contain `content`; all texts if it is empty. */
records.post("/user/query_by_content", authenticated, weighs("whole"), (c) => {
  const fields = checked(ContentQuery, c.var.fields);
  return query(c, fields, fields.content === "" ? { kind: "text" } : { text: fields.content });
});

/** 根据类型查询聊天记录 */
records.post("/user/query_by_type", authenticated, weighs("whole"), (c) => {
  const fields = checked(TypeQuery, c.var.fields);
  return query(c, fields, { kind: fields.type });
});

/** Streams the messages, oldest first, as they are read from the log. */
async function query(
  { var: { core, caller } }: Context<FormEnv>,
  { conversation, before, limit }: z.infer<typeof Query>,
  filter: HistoryQuery,
): Promise<Response> {
  const historyQuery = { ...filter, before, limit };
  const parts = await distinguishNotMember(core, conversation, () =>
    readHistory(core, caller.userId, conversation, historyQuery),
  );
  const whileAllowed = whileSignedIn(core, caller, parts);
  return streamedJson(core, messagesJson(whileAllowed));
}
