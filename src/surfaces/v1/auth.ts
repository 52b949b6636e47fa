import { createMiddleware } from "hono/factory";
import { CoreError } from "../../domain/errors.ts";
import { looksLikeServerKey } from "../../domain/server/server-key.ts";
import { type Acting, actAsUser } from "../../http/access/acting.ts";
import { bearer } from "../../http/access/bearer.ts";
import { identify } from "../../http/access/identify.ts";
import { countAnonymous, countCost } from "../../http/access/rate-limit.ts";
import { requireServerKey } from "../../http/access/server-key.ts";
import { requireSecret } from "../../http/access/token.ts";
import type { AnybodyEnv, AppEnv, CallerEnv } from "../../http/env.ts";
import { offeredProtocols } from "./upgrade.ts";

const SUBPROTOCOL_TOKEN = "token.";
/** Without a token. */
export const MISSING = "This call needs a token: send it as `Authorization: Bearer <token>`.";

/**
 * Middleware of calls that issue a token: fails before any work is done.
 * @throws `internal` without `TOKEN_SECRET`
 */
export const canIssueTokens = createMiddleware<AppEnv>(async (c, next) => {
  requireSecret(c.env.TOKEN_SECRET);
  await next();
});

/**
 * Middleware that requires the token of a live session in `Authorization: Bearer`, or a server key with the
 * header `Parley-User`. It sets `caller`, and counts the call.
 * @throws `unauthenticated`, `rate_limited`; of a key as `actAsUser`
 */
export const authenticated = createMiddleware<CallerEnv>(async (c, next) => {
  const token = bearer(c.req.header("Authorization"));
  if (looksLikeServerKey(token)) setActing(c, await actAsUser(c, token));
  else c.set("caller", await identify(c, token, MISSING));
  await next();
});

/**
 * The same for calls about passwords and sessions, which no key makes.
 * @throws `forbidden` for a key
 */
export const signedIn = createMiddleware<CallerEnv>(async (c, next) => {
  const token = bearer(c.req.header("Authorization"));
  if (looksLikeServerKey(token)) {
    await requireServerKey(c, token, "act");
    throw new CoreError("forbidden", "Passwords and sessions are the user's own: no server key acts here.");
  }
  c.set("caller", await identify(c, token, MISSING));
  await next();
});

/**
 * As `authenticated` for calls that also answer without a token: `caller` is null then, and the call counts
 * by address. A token that is not valid is refused as everywhere.
 * @throws as `authenticated`
 */
export const authenticatedIfSent = createMiddleware<AnybodyEnv>(async (c, next) => {
  const token = bearer(c.req.header("Authorization"));
  if (looksLikeServerKey(token)) setActing(c, await actAsUser(c, token));
  else c.set("caller", token === undefined ? null : await identify(c, token, MISSING));
  if (token === undefined) await countAnonymous(c);
  await next();
});

/**
 * As `signedIn` for sockets, each of which costs a page. Browsers set no headers on them: the token may
 * also come as `?access_token=` or as the sub-protocol `token.<T>`.
 */
export const socketAuthenticated = createMiddleware<CallerEnv>(async (c, next) => {
  const protocol = offeredProtocols(c.req).find((entry) => entry.startsWith(SUBPROTOCOL_TOKEN));
  const token =
    bearer(c.req.header("Authorization")) ??
    c.req.query("access_token") ??
    protocol?.slice(SUBPROTOCOL_TOKEN.length);
  if (looksLikeServerKey(token))
    throw new CoreError("forbidden", "A server key opens no socket: get a token of the user for it.");
  const caller = await identify(c, token, MISSING);
  await countCost(c, caller.userId, "page");
  c.set("caller", caller);
  await next();
});

/** What `setActing` needs of a context. */
interface Settable {
  set(key: "caller", value: Acting["caller"]): void;
  set(key: "actingKey", value: Acting["actingKey"]): void;
  set(key: "core", value: Acting["core"]): void;
}

function setActing(c: Settable, { caller, actingKey, core }: Acting): void {
  c.set("caller", caller);
  c.set("actingKey", actingKey);
  c.set("core", core);
}
