import { createMiddleware } from "hono/factory";
import type { CallerEnv } from "../../http/env.ts";
import { identify } from "../../http/identify.ts";
import { countCallIn } from "../../http/rate-limit.ts";
import { bucketOf, countCall, tellQuota } from "./quota.ts";

/** Bots say `Bot T`, users `Bearer T`; all behind the first space is the token. */
const CARRIER = /^(?:Bot|Bearer) (.+)$/is;

/** Lets in who has a session, whichever of the two he says that he is. @throws `unauthenticated`, `rate_limited` */
export const authenticated = createMiddleware<CallerEnv>(async (c, next) => {
  const [, token] = CARRIER.exec(c.req.header("Authorization") ?? "") ?? [];
  const caller = await identify(c, token, "Authorization: must be `Bot` or `Bearer`, a space, and a token");
  c.set("caller", caller);
  if (c.var.core.settings.rateLimits) {
    const bucket = bucketOf(c.req.path);
    tellQuota(c, countCall(caller.userId, bucket, c.var.core.timing.rateLimits));
    await countCallIn(c, caller.userId, bucket);
  }
  await next();
});
