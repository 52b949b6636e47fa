import { listMentions } from "../../../../core/mentions/mentions.ts";
import { weighs } from "../../../../http/access/rate-limit.ts";
import { ListQuery } from "../../common.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { MentionPage } from "../../schemas/saved.ts";
import { serializeMentions } from "../../serialize/saved.ts";

const searchRoute = callerRoutes("Messages", weighs("search"));

const mentionsRoute = searchRoute("get", "/v1/mentions", {
  operationId: "listMentions",
  summary: "Messages that name you",
  description:
    "Messages of others in the conversations of your list that mention you, or everybody: unread ones first, then newest first. A page may hold fewer items than `limit`, even none: continue with `cursor=next_cursor` until that is null. The pages hold each such message once, whatever is sent and read meanwhile. `unread` says how a message is now; the order is by what was unread as you asked for the first page, in the 100 conversations with the newest activity.",
  request: { query: ListQuery },
  responses: {
    200: jsonAnswer("A page", MentionPage),
    ...problems("validation_failed"),
  },
});

export const mentions = v1Router().openapi(mentionsRoute, async (c) => {
  const page = await listMentions(c.var.core, c.var.caller.userId, c.req.valid("query"));
  return c.json(serializeMentions(page), 200);
});
