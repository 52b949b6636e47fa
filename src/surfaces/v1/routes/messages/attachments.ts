import { weighs } from "../../../../http/access/rate-limit.ts";
import { ConversationParams } from "../../common.ts";
import { problems } from "../../problems.ts";
import { callerRoutes, jsonAnswer } from "../../route.ts";
import { v1Router } from "../../router.ts";
import { AttachmentsPage, AttachmentsQuery } from "../../schemas/messages/messages.ts";
import { serializeMessage } from "../../serialize/messages/messages.ts";

const route = callerRoutes("Messages", weighs("page"));

const attachmentsRoute = route("get", "/v1/conversations/{id}/attachments", {
  operationId: "listAttachments",
  summary: "Pictures, files, sounds and links of a conversation",
  description:
    "The messages that have one, newest first, those of threads too. Polls, merged and revoked messages have none. Continue with `before=next_before` until that is null.",
  request: { params: ConversationParams, query: AttachmentsQuery },
  responses: {
    200: jsonAnswer("A page", AttachmentsPage),
    ...problems("validation_failed", "not_found"),
  },
});

export const attachments = v1Router().openapi(attachmentsRoute, async (c) => {
  const { type, before, limit } = c.req.valid("query");
  const { items, hasMore } = await c.var.core.conversations.attachments(c.req.valid("param").id, {
    ...{ userId: c.var.caller.userId, type, limit },
    ...(before !== undefined && { before }),
  });
  const nextBefore = hasMore ? (items.at(-1)?.seq ?? null) : null;
  return c.json({ items: items.map(serializeMessage), next_before: nextBefore }, 200);
});
