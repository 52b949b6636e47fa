import type { HonoRequest } from "hono";
import { createMiddleware } from "hono/factory";
import { staffOf } from "../../../core/moderation/staff.ts";
import { invalid } from "../../../domain/errors.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { looksLikeServerKey } from "../../../domain/server/server-key.ts";
import { textUpTo } from "../../../domain/text.ts";
import { decoded } from "../../../http/access/acting.ts";
import { loggedBlock } from "../../../http/access/address-block.ts";
import { bearer } from "../../../http/access/bearer.ts";
import { identify } from "../../../http/access/identify.ts";
import { countCost } from "../../../http/access/rate-limit.ts";
import { requireServerKey } from "../../../http/access/server-key.ts";
import type { StaffEnv } from "../../../http/env.ts";
import { MISSING } from "../auth.ts";
import { keyRoutes } from "../route.ts";

const REASON_HEADER = "Parley-Reason";

/**
 * Middleware of the calls of moderation: requires a server key with the scope `moderate`, or the token of a
 * user with a role. Sets `staff`.
 * @throws `unauthenticated`; `forbidden`; `rate_limited`
 */
const withStaff = createMiddleware<StaffEnv>(async (c, next) => {
  const token = bearer(c.req.header("Authorization"));
  const from = loggedBlock(c.req);
  if (looksLikeServerKey(token)) {
    const key = await requireServerKey(c, token, "moderate", "page");
    c.set("staff", { role: "admin", userId: null, key: key.id, from });
    c.set("readsAny", key.scopes.includes("data"));
  } else {
    const caller = await identify(c, token, MISSING);
    await countCost(c, caller.userId, "page");
    c.set("staff", await staffOf(c.var.core, caller, from));
    c.set("readsAny", false);
  }
  await next();
});

/** Makes a route of moderation. `openapi/document.ts` adds the failures that all of them have. */
export const staffRoute = keyRoutes(
  {
    tag: "Moderation",
    begins: "For moderators, and for keys with the scope `moderate`. ",
    security: [{ bearer: [] }, { server_key: [] }],
  },
  withStaff,
);

const Reason = textUpTo(LIMITS.reportNote);

/** Why staff makes a call without a body, in percent encoding. @throws `validation_failed` */
export function reasonOf(request: HonoRequest): string {
  const reason = Reason.safeParse(decoded(request.header(REASON_HEADER) ?? ""));
  if (reason.success) return reason.data;
  throw invalid(
    `header.${REASON_HEADER}`,
    `must be at most ${LIMITS.reportNote} characters, percent-encoded`,
  );
}
