import { createMiddleware } from "hono/factory";
import { botOf } from "../../core/bots/known-bots.ts";
import type { Person } from "../../domain/accounts/person.ts";
import { CoreError } from "../../domain/errors.ts";
import { identify } from "../../http/access/identify.ts";
import type { CallerEnv } from "../../http/env.ts";

/** The context of handlers: the caller, who is a bot. */
export interface BotEnv extends CallerEnv {
  Variables: CallerEnv["Variables"] & { bot: Person };
}

/** The first part of the path, behind which the token is. */
const PREFIX = /^bot/;
/** Telegram's tokens begin with the id of the bot. It is not needed here, and may be left out. */
const TOKEN = /^(?:(\d{1,16}):)?([\w.-]+)$/;

/**
 * Middleware that requires the token of a bot in the path. Sets `caller` and `bot`.
 * @throws `unauthenticated`, also for a user who is no bot; `rate_limited`
 */
export const authenticated = createMiddleware<BotEnv>(async (c, next) => {
  const given = (c.req.param("bot") ?? "").replace(PREFIX, "");
  const [, id, token] = TOKEN.exec(given) ?? [];
  const caller = await identify(c, token, "The path must have the token of a bot behind `bot`.");
  const isOther = id !== undefined && Number(id) !== caller.userId;
  const bot = isOther ? null : await botOf(c.var.core, caller.userId);
  if (!bot) throw new CoreError("unauthenticated", "The token is of no bot.", { token: "invalid" });
  c.set("caller", caller);
  c.set("bot", bot);
  await next();
});
