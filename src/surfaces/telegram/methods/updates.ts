import { z } from "zod";
import { answerTap } from "../../../core/bots/taps.ts";
import { type NumberedUpdate, updateJson } from "../../../domain/bots/bot-update.ts";
import { TapUrl } from "../../../domain/bots/tap.ts";
import { isNotFound } from "../../../domain/errors.ts";
import { checked, integer } from "../../../http/fields.ts";
import { addressFlaw } from "../../../lib/outgoing/address.ts";
import { badRequest } from "../errors.ts";
import { allowedUpdates, flag, orNone } from "../schemas.ts";
import { seconds } from "../serialize/messages.ts";
import { type Method, Refused, read } from "./method.ts";

const DEFAULT_LIMIT = 100;
const MAX_CONNECTIONS = 40;

const Asked = z.object({
  offset: orNone(integer),
  limit: orNone(integer),
  timeout: orNone(integer),
  allowed_updates: allowedUpdates,
});

/** In the words by which libraries know them. */
const REFUSALS = {
  webhook:
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
  ended: "terminated by other getUpdates request; make sure that only one bot instance is running",
};

const getUpdates: Method = async (call) => {
  const { offset, limit = DEFAULT_LIMIT, timeout = 0, allowed_updates } = checked(Asked, await read(call));
  const { core, bot } = call;
  const waitMs = Math.min(Math.max(0, timeout) * 1_000, core.timing.botUpdates.maxWaitMs);
  const size = Math.min(Math.max(1, limit), DEFAULT_LIMIT);
  const asked = { offset, limit: size, waitMs, allowed: allowed_updates };
  const answer = await core.inboxes.botUpdates(bot.id, asked);
  if ("refused" in answer) throw new Refused(409, REFUSALS[answer.refused]);
  return updatesAsObjects(answer.updates);
};

const Webhook = z.object({
  url: z.string().max(2_048),
  secret_token: orNone(z.string().regex(/^[\w-]{1,256}$/, "must be 1 to 256 of A-Z, a-z, 0-9, _ and -")),
  allowed_updates: allowedUpdates,
  drop_pending_updates: orNone(flag),
});

const setWebhook: Method = async (call) => {
  const input = checked(Webhook, await read(call));
  const { core, bot, c } = call;
  const { drop_pending_updates: drops = false, allowed_updates: allowed } = input;
  if (input.url !== "") {
    const flaw = addressFlaw(input.url, core.settings.wayOut.allowsLoopback);
    if (flaw !== null) throw badRequest(`bad webhook: the address must ${flaw}`);
  }
  const { sessionId, expiresAt } = c.var.caller;
  const webhook = { url: input.url, secret: input.secret_token ?? null, sessionId, expiresAt };
  const change = { webhook: input.url === "" ? null : webhook, allowed, drops };
  await core.inboxes.setBotWebhook(bot.id, change);
  return true;
};

const deleteWebhook: Method = async (call) => {
  const { drop_pending_updates: drops = false } = checked(Webhook.partial(), await read(call));
  await call.core.inboxes.setBotWebhook(call.bot.id, { webhook: null, drops });
  return true;
};

const getWebhookInfo: Method = async (call) => {
  const { webhook, waiting, allowed, failure } = await call.core.inboxes.botWebhook(call.bot.id);
  return {
    ...{ url: webhook?.url ?? "", has_custom_certificate: false, pending_update_count: waiting },
    ...(webhook && { max_connections: MAX_CONNECTIONS }),
    ...(failure && { last_error_date: seconds(failure.at), last_error_message: failure.error }),
    ...(allowed && { allowed_updates: allowed }),
  };
};

const Answered = z.object({
  callback_query_id: z.string(),
  text: orNone(z.string().max(200, "must be at most 200 characters")),
  show_alert: orNone(flag),
  url: orNone(TapUrl),
});

const answerCallbackQuery: Method = async (call) => {
  const input = checked(Answered, await read(call));
  const { callback_query_id: id, text = "", show_alert: alert = false, url } = input;
  await answerTap(call.core, call.bot.id, id, { text, alert, ...(url !== undefined && { url }) }).catch(
    (error: unknown) => {
      if (isNotFound(error))
        throw badRequest("query is too old and response timeout expired or query ID is invalid");
      throw error;
    },
  );
  return true;
};

/** The methods by which a bot is told. */
export const UPDATES = {
  answerCallbackQuery,
  ...{ getUpdates, setWebhook, deleteWebhook, getWebhookInfo },
} satisfies Record<string, Method>;

const Stored = z.looseObject({ update_id: z.int() });

/** Updates as a call answers with them. */
function updatesAsObjects(updates: readonly NumberedUpdate[]) {
  return updates.map((update) => Stored.parse(JSON.parse(updateJson(update))));
}
