import type { Context } from "hono";
import { z } from "zod";
import { type Failure, invalid } from "../../../domain/errors.ts";
import { embedText } from "../../../domain/foreign/discord/embeds.ts";
import { fromDiscord } from "../../../domain/foreign/discord/markdown.ts";
import { many, messageText, text } from "../../../domain/foreign/text.ts";
import type { AppEnv } from "../../../http/env.ts";
import { isoTime } from "../../../lib/stored-time.ts";
import { statusOf } from "../errors.ts";
import type { Shape, StoredPost } from "../shape.ts";
import { shownName, shownUrl } from "../shown.ts";

const Payload = z.object({ content: text, username: text, avatar_url: text, embeds: many });

/** Discord takes as many. */
const MAX_EMBEDS = 10;

/** Discord's "Execute Webhook". Components, files and polls are left out. */
export const discord: Shape = {
  read: ({ body }) => {
    const payload = Payload.safeParse(body);
    if (!payload.success) throw invalid("body", "must be an object, as Discord's webhooks take it");
    const { content = "", username, avatar_url, embeds = [] } = payload.data;
    const parts = [fromDiscord(content), ...embeds.slice(0, MAX_EMBEDS).map((embed) => embedText(embed))];
    const said = messageText(parts.filter((part) => part !== "").join("\n\n"));
    if (said === "") throw invalid("body.content", "must not be empty without embeds");
    return { text: said, name: shownName(username), avatar: shownUrl(avatar_url) };
  },
  answer: (c, stored) =>
    stored && c.req.query("wait") === "true" ? c.json(messageOf(stored, c), 200) : c.body(null, 204),
  refuse,
};

/** The message as Discord shows it, as far as it has what Discord has. */
function messageOf({ message }: StoredPost, c: Context<AppEnv>): object {
  const { conversationId, seq, createdAt, sender } = message;
  const said = z.object({ text: z.string() }).parse(JSON.parse(message.body)).text;
  const id = c.req.param("id") ?? "";
  return {
    ...{ id: `${conversationId}-${seq}`, type: 0, channel_id: String(conversationId), webhook_id: id },
    content: said,
    timestamp: isoTime(createdAt),
    author: { id, username: sender.nickname, avatar: null, bot: true, discriminator: "0000" },
    ...{ edited_timestamp: null, tts: false, mention_everyone: false, pinned: false, flags: 0 },
    ...{ mentions: [], mention_roles: [], attachments: [], embeds: [], components: [] },
  };
}

/** Numbers of Discord that its libraries know: unknown webhook, empty or invalid body. */
const UNKNOWN_WEBHOOK = 10_015;
const INVALID_FORM = 50_035;

function refuse(c: Context, failure: Failure): Response {
  const { status, headers } = statusOf(failure);
  const { code, detail, data } = failure;
  const number = code === "not_found" ? UNKNOWN_WEBHOOK : code === "validation_failed" ? INVALID_FORM : 0;
  const retry = data?.retryAfter === undefined ? {} : { retry_after: data.retryAfter, global: false };
  return c.json({ message: detail, code: number, ...retry }, status, headers);
}
