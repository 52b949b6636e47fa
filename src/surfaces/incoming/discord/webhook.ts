import type { Context } from "hono";
import {
  editHookMessage,
  readHookMessage,
  requireHook,
  revokeHookMessage,
} from "../../../core/groups/incoming-hooks.ts";
import { invalid } from "../../../domain/errors.ts";
import type { AppEnv } from "../../../http/env.ts";
import type { HookAddress } from "../address.ts";
import { posted } from "../body.ts";
import { saysText, seqOf, textOf } from "./discord.ts";
import { serializeMessage } from "./message.ts";

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
