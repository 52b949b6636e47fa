import { Hono } from "hono";
import { botOf } from "../../../core/bots/known-bots.ts";
import { storedMedium } from "../../../core/files/stored-media.ts";
import { listReactors } from "../../../core/messages/marks.ts";
import { sendMessage, showTo } from "../../../core/messages/messages.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import { CoreError, invalid, noMessage } from "../../../domain/errors.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { type Draft, type Message, usersMentioned } from "../../../domain/messages/message.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { checked, fieldsOf } from "../../../http/fields.ts";
import { fileOfUrl } from "../../../http/file-url.ts";
import { authenticated } from "../auth.ts";
import { bodyOf, MEDIA_TYPES, TYPE, written, writtenType } from "../content.ts";
import { succeed } from "../envelope.ts";
import {
  BODY,
  ChangedMessage,
  MAX_PAGE_SIZE,
  MessageListing,
  NewMessage,
  NewReaction,
  OldReaction,
  OnMessage,
  Reactors,
} from "../schemas.ts";
import { editLatest, pageOfMessages, peopleNamed, pinnedMessages } from "../use-cases/messages.ts";
import { serializeUser } from "../users.ts";
import { mentionsOf, type Named } from "./mentions.ts";
import { isShown, messageId, serializeMessage } from "./shown.ts";
import type { Call, Target } from "./targets.ts";

/** A text without marks mentions nobody. */
const NO_MENTIONS: Pick<Draft, "mentions"> = { mentions: [] };

/** The calls about messages of direct conversations, or of channels. */
export interface MessageCalls {
  router: Hono<CallerEnv>;
  list(c: Call): Promise<Response>;
  view(c: Call): Promise<Response>;
  create(c: Call): Promise<Response>;
  update(c: Call): Promise<Response>;
  remove(c: Call): Promise<Response>;
}

/** Some libraries read with POST and a body. */
const EITHER = ["GET", "POST"];

/** Messages of one kind of conversations: 私信聊天消息, 频道消息. */
export function messageCalls(target: Target): MessageCalls {
  const router = new Hono<CallerEnv>({ strict: false });
  router.on(EITHER, "/list", authenticated, weighs("page"), list);
  router.on(EITHER, "/view", authenticated, weighs("page"), view);
  router.post("/create", authenticated, create);
  router.post("/update", authenticated, update);
  router.post("/delete", authenticated, remove);
  router.on(EITHER, "/reaction-list", authenticated, weighs("page"), reactionList);
  router.post("/add-reaction", authenticated, addReaction);
  router.post("/delete-reaction", authenticated, deleteReaction);
  return { router, list, view, create, update, remove };

  /** The newest messages, those around one, in rising order, or those that are pinned. */
  async function list(c: Call): Promise<Response> {
    const fields = await fieldsOf(c.req.raw, BODY);
    const { msg_id, flag, page_size: limit = MAX_PAGE_SIZE, pin } = checked(MessageListing, fields);
    const { core, caller } = c.var;
    const id = await target.find(c, fields);
    if (msg_id !== undefined && msg_id.id !== id) throw noMessage(msg_id.seq);
    const range = { seq: msg_id?.seq, flag, limit };
    const { items, context } = pin
      ? await pinnedMessages(core, caller.userId, id, limit)
      : await pageOfMessages(core, caller.userId, id, range);
    const shownHere = items.filter(isShown);
    const people = await peopleIn(c, shownHere);
    return succeed(c, { items: shownHere.map((message) => serializeMessage(message, context, people)) });
  }

  /** One message by its id. */
  async function view(c: Call): Promise<Response> {
    const { msg_id } = checked(OnMessage, await fieldsOf(c.req.raw, BODY));
    const { core, caller } = c.var;
    const { id, seq } = msg_id;
    const { userId } = caller;
    const [message, { context }] = await Promise.all([
      core.conversations.message(id, { userId, seq }),
      core.conversations.pageWithContext(id, { userId, limit: 1 }),
    ]);
    if (!target.has(context) || !isShown(message)) throw noMessage(seq);
    return succeed(c, serializeMessage(message, context, await peopleIn(c, [message])));
  }

  /** Sends a message, or shows it to one user alone, who is looking now. */
  async function create(c: Call): Promise<Response> {
    const fields = await fieldsOf(c.req.raw, BODY);
    const { type, content, quote, nonce, temp_target_id } = checked(NewMessage, fields);
    const { core, caller } = c.var;
    const id = await target.find(c, fields, true);
    if (quote !== undefined && quote.id !== id) throw noMessage(quote.seq);
    const named = await target.mentioned(c, id, content);
    const said = await contentOf(c, type, content, named);
    const mentions = type === TYPE.kmarkdown || type === TYPE.card ? mentionsOf(content, named) : NO_MENTIONS;
    const draft: Draft = { clientMsgId: undefined, quoteSeq: quote?.seq, ...mentions, ...said };
    if (temp_target_id !== undefined) {
      const msg_id = await showTo(core, caller.userId, id, draft, temp_target_id);
      return succeed(c, { msg_id, msg_timestamp: Date.now(), nonce });
    }
    const { message } = await sendMessage(core, caller.userId, id, draft);
    return succeed(c, {
      ...{ msg_id: messageId(id, message.seq), msg_timestamp: message.createdAt, nonce },
    });
  }

  /** Edits one of the caller's own, which keeps its type. */
  async function update(c: Call): Promise<Response> {
    const { msg_id, content } = checked(ChangedMessage, await fieldsOf(c.req.raw, BODY));
    const { core, caller } = c.var;
    await target.require(c, msg_id.id);
    const named = await target.mentioned(c, msg_id.id, content);
    await editLatest(core, caller.userId, msg_id, (before) => {
      const type = writtenType(before);
      if (type === null) throw invalid("msg_id", "must be a message with a text or a card");
      const { body, buttons } = written(type, content, named);
      // Buttons are a bot's.
      const given = buttons !== undefined && before.sender.bot ? { buttons } : {};
      return {
        body,
        ...given,
        ...(type !== TYPE.text && { mentions: mentionsOf(content, named).mentions }),
      };
    });
    return succeed(c, {});
  }

  /** Revokes one of the caller's own, or another one where they may, for all. Idempotent. */
  async function remove(c: Call): Promise<Response> {
    const { msg_id } = checked(OnMessage, await fieldsOf(c.req.raw, BODY));
    const { core, caller } = c.var;
    await target.require(c, msg_id.id);
    await core.conversations.revoke(msg_id.id, { userId: caller.userId, seq: msg_id.seq });
    return succeed(c, {});
  }

  /** The users who have reacted, as a bare array. */
  async function reactionList(c: Call): Promise<Response> {
    const { msg_id, emoji } = checked(Reactors, await fieldsOf(c.req.raw, BODY));
    const { core, caller } = c.var;
    const { id, seq } = msg_id;
    await target.require(c, id);
    const message = await core.conversations.message(id, { userId: caller.userId, seq });
    const keys = (message.reactions ?? []).map(({ key }) => key);
    const wanted = emoji === undefined ? keys : keys.filter((key) => key === emoji);
    const pages = await Promise.all(
      wanted.map((key) => listReactors(core, caller.userId, id, { seq, key }, { limit: LIMITS.page })),
    );
    const users = pages.flatMap(({ items }) => items);
    return succeed(
      c,
      users.map(({ user, createdAt }) => ({
        ...serializeUser(user, user.online),
        reaction_time: createdAt,
      })),
    );
  }

  /** Idempotent. */
  async function addReaction(c: Call): Promise<Response> {
    const { msg_id, emoji } = checked(NewReaction, await fieldsOf(c.req.raw, BODY));
    const { core, caller } = c.var;
    await target.require(c, msg_id.id);
    await core.conversations.react(msg_id.id, { userId: caller.userId, seq: msg_id.seq, key: emoji });
    return succeed(c, {});
  }

  /** Takes one of the caller's own back. Idempotent. */
  async function deleteReaction(c: Call): Promise<Response> {
    const { msg_id, emoji, user_id } = checked(OldReaction, await fieldsOf(c.req.raw, BODY));
    const { core, caller } = c.var;
    await target.require(c, msg_id.id);
    if (user_id !== undefined && user_id !== caller.userId)
      throw new CoreError("forbidden", "user_id: you take back your own reactions alone");
    await core.conversations.unreact(msg_id.id, { userId: caller.userId, seq: msg_id.seq, key: emoji });
    return succeed(c, {});
  }
}

/** The users whom messages mention, as the caller sees them. One query of D1, or none. */
function peopleIn({ var: { core, caller } }: Call, messages: readonly Message[]): Promise<readonly Person[]> {
  const ids = [...new Set(messages.flatMap(usersMentioned))];
  return ids.length === 0 ? Promise.resolve([]) : peopleNamed(core, caller.userId, ids);
}

/**
 * What a message says.
 * @param mentioned users and roles that it may mention
 * @throws `validation_failed`, `not_found` for a file that is not there
 */
async function contentOf(
  { var: { core, caller } }: Call,
  type: 1 | 2 | 3 | 4 | 8 | 9 | 10,
  content: string,
  mentioned: Named,
): Promise<Pick<Draft, "kind" | "body" | "customData" | "buttons">> {
  if (type === TYPE.text || type === TYPE.kmarkdown || type === TYPE.card) {
    const { buttons, ...said } = written(type, content, mentioned);
    // Those of a person's card are shown nowhere.
    return buttons && (await botOf(core, caller.userId)) ? { ...said, buttons } : said;
  }
  const kind = kindOf(type);
  const { key } = fileOfUrl(content);
  const isOurs = key !== null && core.fileOrigins.toStored(content) !== content;
  const medium = isOurs ? await storedMedium(core, kind, key) : { url: content };
  return { kind, body: bodyOf({ kind, body: medium }) };
}

function kindOf(type: 2 | 3 | 4 | 8): keyof typeof MEDIA_TYPES {
  if (type === MEDIA_TYPES.image) return "image";
  if (type === MEDIA_TYPES.video) return "video";
  return type === MEDIA_TYPES.file ? "file" : "audio";
}
