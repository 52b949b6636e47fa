import { z } from "@hono/zod-openapi";
import { endSession, listSessions } from "../../../core/accounts/sessions.ts";
import type { Session as DomainSession } from "../../../domain/accounts/session.ts";
import { SessionId } from "../../../domain/ids.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { Time } from "../common.ts";
import { problems } from "../problems.ts";
import { jsonAnswer, ownRoutes } from "../route.ts";
import { v1Router } from "../router.ts";

const Session = z
  .object({
    id: SessionId,
    created_at: Time,
    last_seen_at: Time,
    user_agent: z.string(),
    current: z.boolean(),
  })
  .openapi("Session");

const Sessions = z.object({ items: z.array(Session) }).openapi("Sessions");

const lightRoute = ownRoutes("Accounts");
const pageRoute = ownRoutes("Accounts", weighs("page"));

const listRoute = pageRoute("get", "/v1/sessions", {
  operationId: "listSessions",
  summary: "Your sessions",
  description: "One for each sign-in, newest first.",
  responses: {
    200: jsonAnswer("The sessions of the caller", Sessions),
    ...problems("forbidden"),
  },
});

const endRoute = lightRoute("delete", "/v1/sessions/{id}", {
  operationId: "endSession",
  summary: "End one of your sessions",
  description:
    "Its sockets close with 4001. An unknown or ended session, and one of another user, is `not_found`.",
  request: { params: z.object({ id: z.string() }) },
  responses: {
    204: { description: "The session has ended" },
    ...problems("forbidden", "not_found"),
  },
});

export const sessions = v1Router()
  .openapi(listRoute, async (c) => {
    const items = await listSessions(c.var.core, c.var.caller);
    return c.json({ items: items.map(serializeSession) }, 200);
  })
  .openapi(endRoute, async (c) => {
    await endSession(c.var.core, c.var.caller, c.req.valid("param").id);
    return c.body(null, 204);
  });

/** A session as v1 shows it to its user. */
function serializeSession(session: DomainSession & { current: boolean }): z.infer<typeof Session> {
  return {
    id: session.id,
    created_at: session.createdAt,
    last_seen_at: session.lastSeenAt,
    user_agent: session.userAgent,
    current: session.current,
  };
}
