import { searchMessages } from "../../../../core/messages/messages.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { ConversationParams } from "../../common.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { SearchPage, SearchQuery } from "../../schemas/messages/messages.ts";
import { serializeMessage } from "../../serialize/messages/messages.ts";
import { criteriaOf } from "../../serialize/messages/search.ts";

const route = callerRoutes("Messages", weighs("search"));

const searchRoute = route("get", "/v1/conversations/{id}/messages/search", {
  operationId: "searchMessages",
  summary: "Search for messages",
  description:
    "Messages with `q` in their text, caption, file name, address, description or title, newest first. Texts are compared as people read them: without regard to case, width, accents and characters that nobody sees. A page may hold fewer messages than `limit`: continue with `before=next_before` until that is null.",
  request: { params: ConversationParams, query: SearchQuery },
  responses: {
    200: jsonAnswer("A page", SearchPage),
    ...problems("validation_failed", "not_found"),
  },
});

/** Mounted before the routes of messages, which would read `search` as a `seq`. */
export const search = v1Router().openapi(searchRoute, async (c) => {
  const { id } = c.req.valid("param");
  const criteria = criteriaOf(c.req.valid("query"));
  const { items, nextBefore } = await searchMessages(c.var.core, c.var.caller.userId, id, criteria);
  return c.json({ items: items.map(serializeMessage), next_before: nextBefore }, 200);
});
