import { searchAll } from "../../../../core/messages/across/search.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { WideSearchPage, WideSearchQuery } from "../../schemas/messages/messages.ts";
import { serializeMessage } from "../../serialize/messages/messages.ts";
import { criteriaOf } from "../../serialize/messages/search.ts";

const searchRoute = callerRoutes("Messages", weighs("search"));

const wideSearchRoute = searchRoute("get", "/v1/messages/search", {
  operationId: "searchAllMessages",
  summary: "Search all conversations",
  description:
    "Messages of all your conversations with `q`, by the rules of the search in one conversation. Newest first: by time, then the higher conversation id, then the higher `seq`. A page asks 40 conversations at most. It may hold fewer messages than `limit`, even none: continue with `before=next_before` until that is null. `searched_to` says how far back you have searched. A conversation that does not answer is named in `unreachable`, and the following pages leave it out: ask for the same page again to have it searched. Conversations that you have left are not searched.",
  request: { query: WideSearchQuery },
  responses: {
    200: jsonAnswer("A page", WideSearchPage),
    ...problems("validation_failed"),
  },
});

export const wideSearch = v1Router().openapi(wideSearchRoute, async (c) => {
  const page = await searchAll(c.var.core, c.var.caller.userId, criteriaOf(c.req.valid("query")));
  const { items, nextBefore, searchedTo, unreachable } = page;
  const answer = { next_before: nextBefore, searched_to: searchedTo, unreachable };
  return c.json({ items: items.map(serializeMessage), ...answer }, 200);
});
