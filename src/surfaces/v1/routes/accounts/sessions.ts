import { createRoute, z } from "@hono/zod-openapi";
import { endSession, listSessions } from "../../../../core/accounts/sessions.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { authenticated } from "../../auth.ts";
import { v1Router } from "../../router.ts";
import { Sessions } from "../../schemas/accounts.ts";
import { problems } from "../../schemas/common.ts";
import { serializeSession } from "../../serialize/sessions.ts";

const listRoute = createRoute({
  method: "get",
  path: "/v1/sessions",
  operationId: "listSessions",
  tags: ["Accounts"],
  summary: "Your sessions",
  description: "One for each sign-in, newest first.",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("page")] as const,
  responses: {
    200: {
      description: "The sessions of the caller",
      content: { "application/json": { schema: Sessions } },
    },
    ...problems("unauthenticated"),
  },
});

const endRoute = createRoute({
  method: "delete",
  path: "/v1/sessions/{id}",
  operationId: "endSession",
  tags: ["Accounts"],
  summary: "End one of your sessions",
  description:
    "Its sockets close with 4001. An unknown or ended session, and one of another user, is `not_found`.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params: z.object({ id: z.string() }) },
  responses: {
    204: { description: "The session has ended" },
    ...problems("unauthenticated", "not_found"),
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
