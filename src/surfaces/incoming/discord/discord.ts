import type { Context } from "hono";
import { z } from "zod";
import { CoreError, type Failure, invalid, noMessage } from "../../../domain/errors.ts";
import { embedText } from "../../../domain/foreign/discord/embeds.ts";
import { fromDiscord } from "../../../domain/foreign/discord/markdown.ts";
import { many, messageText, text } from "../../../domain/foreign/text.ts";
import { Seq } from "../../../domain/ids.ts";
import { statusOf } from "../errors.ts";
import type { Shape } from "../shape.ts";
import { shownName, shownUrl } from "../shown.ts";
import { serializeMessage } from "./message.ts";

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
export function textOf(body: unknown, { beside = 0 } = {}): string {
  const { content = "", embeds = [] } = payloadOf(body);
  const parts = [fromDiscord(content), ...embeds.slice(0, MAX_EMBEDS).map((embed) => embedText(embed))];
  const said = messageText(parts.filter((part) => part !== "").join("\n\n"));
  if (said !== "" || beside > 0) return said;
  const errors = [{ path: "body.content", message: "must not be empty without embeds or files" }];
  throw new CoreError("validation_failed", "An empty message is none.", { errors, absent: true });
}

/** Whether a payload says anything of what a message is to say. */
export function saysText(body: unknown): boolean {
  const { content, embeds } = payloadOf(body);
  return content !== undefined || embeds !== undefined;
}

/** The message that an id of Discord's API names. @throws `not_found` */
export function seqOf(id: string): Seq {
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
  return c.json(bodyOf(failure, c.req.method), status, headers);
}

function bodyOf({ code, detail, data }: Failure, method: string): object {
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
