import type { Context } from "hono";
import { z } from "zod";
import {
  editHookMessage,
  readHookMessage,
  requireHook,
  revokeHookMessage,
} from "../../../core/groups/incoming-hooks.ts";
import { CoreError, type Failure, invalid, noMessage } from "../../../domain/errors.ts";
import { embedText } from "../../../domain/foreign/discord/embeds.ts";
import { fromDiscord } from "../../../domain/foreign/discord/markdown.ts";
import { many, messageText, text } from "../../../domain/foreign/text.ts";
import { Seq } from "../../../domain/ids.ts";
import type { Message } from "../../../domain/messages/message.ts";
import type { AppEnv } from "../../../http/env.ts";
import { isoTime } from "../../../lib/stored-time.ts";
import type { HookAddress } from "../address.ts";
import { posted } from "../body.ts";
import { statusOf } from "../errors.ts";
import type { Shape } from "../shape.ts";
import { shownName, shownUrl } from "../shown.ts";

const Payload = z.object({ content: text, username: text, avatar_url: text, embeds: many });

/** Discord takes as many. */
const MAX_EMBEDS = 10;

/** Discord's "Execute Webhook". Components and polls are left out. */
export const discord: Shape = {
  hasFields: true,
  takesFiles: true,
  read: (posted) => {
    const { username, avatar_url } = payloadOf(posted.body);
    const thread = posted.query("thread_id");
    return {
      text: textOf(posted.body, { beside: posted.files.length }),
      files: posted.files,
      ...{ name: shownName(username), avatar: shownUrl(avatar_url) },
      ...(thread !== undefined && { thread: seqOf(thread) }),
    };
  },
  answer: (c, stored) =>
    stored && c.req.query("wait") === "true"
      ? c.json(serializeMessage(stored.message, c.req.param("id") ?? "", stored.further), 200)
      : c.body(null, 204),
  refuse,
};

/**
 * The text of a payload, with that of its embeds.
 * @param beside files, beside which there may be none
 * @throws `validation_failed` if there is none
 */
function textOf(body: unknown, { beside = 0 } = {}): string {
  const { content = "", embeds = [] } = payloadOf(body);
  const parts = [fromDiscord(content), ...embeds.slice(0, MAX_EMBEDS).map((embed) => embedText(embed))];
  const said = messageText(parts.filter((part) => part !== "").join("\n\n"));
  if (said !== "" || beside > 0) return said;
  const errors = [{ path: "body.content", message: "must not be empty without embeds or files" }];
  throw new CoreError("validation_failed", "An empty message is none.", { errors, absent: true });
}

/** Whether a payload says anything of what a message is to say. */
function saysText(body: unknown): boolean {
  const { content, embeds } = payloadOf(body);
  return content !== undefined || embeds !== undefined;
}

/** The message that an id of Discord's API names. @throws `not_found` */
function seqOf(id: string): Seq {
  const seq = Seq.safeParse(/^[1-9]\d{0,15}$/.test(id) ? Number(id) : 0);
  if (!seq.success) throw noMessage();
  return seq.data;
}

function payloadOf(body: unknown): z.infer<typeof Payload> {
  const payload = Payload.safeParse(body);
  if (!payload.success) throw invalid("body", "must be an object, as Discord's webhooks take it");
  return payload.data;
}

/** Numbers and words of Discord that its libraries know. */
const UNKNOWN_CHANNEL = { code: 10_003, message: "Unknown Channel" };
const UNKNOWN_MESSAGE = { code: 10_008, message: "Unknown Message" };
const UNKNOWN_WEBHOOK = { code: 10_015, message: "Unknown Webhook" };
const EMPTY_MESSAGE = { code: 50_006, message: "Cannot send an empty message" };
const INVALID_FORM = { code: 50_035, message: "Invalid Form Body" };
const NUMBERS: Partial<Record<Failure["code"], number>> = {
  ...{ too_large: 40_005, forbidden: 50_013, refused: 200_000 },
};

/** The answer to a failure, as Discord answers. */
function refuse(c: Context, failure: Failure): Response {
  const { status, headers } = statusOf(failure);
  return c.json(failureBodyOf(failure, c.req.method), status, headers);
}

function failureBodyOf({ code, detail, data }: Failure, method: string): object {
  switch (code) {
    case "not_found":
      if (data?.missing !== "message") return UNKNOWN_WEBHOOK;
      // What a post may name is a thread alone.
      return method === "POST" ? UNKNOWN_CHANNEL : UNKNOWN_MESSAGE;
    case "validation_failed":
      if (data?.absent) return EMPTY_MESSAGE;
      return { ...INVALID_FORM, errors: treeOf(data?.errors ?? [{ path: "", message: detail }]) };
    default: {
      const retry = data?.retryAfter === undefined ? {} : { retry_after: data.retryAfter, global: false };
      return { message: detail, code: NUMBERS[code] ?? 0, ...retry };
    }
  }
}

/** The fields that are wrong: each has `_errors`. */
function treeOf(errors: readonly { path: string; message: string }[]): object {
  const wrong = errors.map(({ path, message }) => {
    const own = { _errors: [{ code: "BASE_TYPE_BAD", message }] };
    const field = path.replace(/^body\.?/, "");
    return field === "" ? own : { [field]: own };
  });
  return Object.assign({}, ...wrong);
}

/** What Discord answers of a webhook, and of the messages that it has brought. */
type Answer = (c: Context<AppEnv>, url: HookAddress) => Promise<Response>;

const messageOf = (c: Context<AppEnv>) => seqOf(c.req.param("message") ?? "");

/** "Get Webhook with Token" */
export const webhook: Answer = async (c, url) => {
  const { id, name, conversationId } = await requireHook(c.var.core, url);
  return c.json({
    ...{ id, type: 1, name, avatar: null, channel_id: String(conversationId), guild_id: null },
    ...{ application_id: null, token: url.secret },
    url: `${new URL(c.req.url).origin}/api/webhooks/${id}/${url.secret}`,
  });
};

/** "Get Webhook Message" */
export const message: Answer = async (c, url) =>
  c.json(serializeMessage(await readHookMessage(c.var.core, url, messageOf(c)), url.hook));

/**
 * "Edit Webhook Message". It changes nothing if the body names neither content nor embeds. A message keeps
 * its file: another one is refused.
 */
export const editMessage: Answer = async (c, url) => {
  const seq = messageOf(c);
  const given = await posted(c.req, { hasFields: true });
  if (given.hasFiles) throw invalid("body.files", "must not be there: an edit changes no file");
  const edited = saysText(given.body)
    ? editHookMessage(c.var.core, url, seq, textOf(given.body))
    : readHookMessage(c.var.core, url, seq);
  return c.json(serializeMessage(await edited, url.hook));
};

/** "Delete Webhook Message" */
export const deleteMessage: Answer = async (c, url) => {
  await revokeHookMessage(c.var.core, url, messageOf(c));
  return c.body(null, 204);
};

const Body = z.object({
  ...{ text: z.string().optional(), caption: z.string().optional(), url: z.string().optional() },
  ...{ name: z.string().optional(), size: z.int().optional(), content_type: z.string().optional() },
  ...{ width: z.int().optional(), height: z.int().optional() },
});
const bodyOf = ({ body }: Message) => Body.parse(JSON.parse(body));

/**
 * A message of a webhook as Discord shows it, as far as it has what Discord has: its embeds are text of its
 * content. Its id is its seq.
 * @param further messages of further files, whose attachments it has in the answer to a post
 */
function serializeMessage(message: Message, webhook: string, further: Message[] = []): object {
  const { conversationId, seq, createdAt, editedAt, sender } = message;
  const { text, caption = "" } = bodyOf(message);
  return {
    ...{ id: String(seq), type: 0, channel_id: String(conversationId), webhook_id: webhook },
    content: text ?? caption,
    timestamp: isoTime(createdAt),
    edited_timestamp: editedAt ? isoTime(editedAt) : null,
    author: { id: webhook, username: sender.nickname, avatar: null, bot: true, discriminator: "0000" },
    ...{ tts: false, mention_everyone: false, pinned: false, flags: 0 },
    ...{ mentions: [], mention_roles: [], embeds: [], components: [] },
    attachments: [message, ...further].flatMap(attachmentsOf),
  };
}

/** The file of a message, whose id is that of the message. */
function attachmentsOf(message: Message): object[] {
  const { url, name = "file", size = 0, content_type, width, height } = bodyOf(message);
  if (url === undefined) return [];
  const sizes = width && height ? { width, height } : {};
  return [{ id: String(message.seq), filename: name, size, url, proxy_url: url, content_type, ...sizes }];
}
