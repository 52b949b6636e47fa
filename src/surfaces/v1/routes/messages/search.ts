import { createRoute, z } from "@hono/zod-openapi";
import { searchMessages } from "../../../../core/messages/messages.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { authenticated } from "../../auth.ts";
import { v1Router } from "../../router.ts";
import { ConversationIdParam, problems } from "../../schemas/common.ts";
import { SearchPage, SearchQuery } from "../../schemas/messages/messages.ts";
import { serializeMessage } from "../../serialize/messages.ts";
import { filterOf } from "../../serialize/polls.ts";

const searchRoute = createRoute({
  method: "get",
  path: "/v1/conversations/{id}/messages/search",
  operationId: "searchMessages",
  tags: ["Messages"],
  summary: "Search for messages",
  description:
    "Messages with `q` in their text, caption, file name, address, description or title, newest first. Texts are compared as people read them: without regard to case, width, accents and characters that nobody sees. A page may hold fewer messages than `limit`: continue with `before=next_before` until that is null.",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("search")] as const,
  request: { params: z.object({ id: ConversationIdParam }), query: SearchQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: SearchPage } } },
    ...problems("validation_failed", "unauthenticated", "not_found"),
  },
});

/** Mounted before the routes of messages, which would read `search` as a `seq`. */
export const search = v1Router().openapi(searchRoute, async (c) => {
  const { id } = c.req.valid("param");
  const { q, sender_id, kind, ...query } = c.req.valid("query");
  const criteria = { ...query, ...filterOf(kind), text: q, senderId: sender_id };
  const { items, nextBefore } = await searchMessages(c.var.core, c.var.caller.userId, id, criteria);
  return c.json({ items: items.map(serializeMessage), next_before: nextBefore }, 200);
});
