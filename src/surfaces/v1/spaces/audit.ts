import { z } from "@hono/zod-openapi";
import { listAudit } from "../../../core/spaces/audit.ts";
import { CategoryId, ConversationId, UserId } from "../../../domain/ids.ts";
import {
  AuditFields,
  type SpaceAuditEntry as DomainEntry,
  SpaceAction,
} from "../../../domain/spaces/audit.ts";
import { RoleId } from "../../../domain/spaces/role.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { ListQuery, pageShape, SpaceParams, serializePage, Time } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer } from "../route.ts";
import { v1Router } from "../router.ts";

const Fields = AuditFields.clone().openapi("AuditFields", {
  type: "object",
  additionalProperties: true,
  description: "The fields that changed",
});

const SpaceAuditEntry = z
  .object({
    at: Time,
    by: UserId,
    action: SpaceAction,
    of: z
      .object({
        user_id: UserId.optional(),
        role_id: RoleId.optional(),
        conversation_id: ConversationId.optional(),
        category_id: CategoryId.optional(),
      })
      .openapi({ description: "To whom and to what; empty: to the space" }),
    from: Fields.optional(),
    to: Fields.optional(),
  })
  .openapi("SpaceAuditEntry");
const AuditPage = pageShape(SpaceAuditEntry).openapi("SpaceAuditPage");

const listRoute = callerRoutes("Spaces", weighs("page"))("get", "/v1/spaces/{id}/audit", {
  operationId: "listSpaceAudit",
  summary: "What was done in a space, and by whom",
  description:
    "Newest first. Wants the permission `see_audit`. What was done to a channel is shown to who can read it, and to the owner: a page may have fewer than `limit`, and a `next_cursor`. Nothing here is ever changed.",
  request: { params: SpaceParams, query: ListQuery },
  responses: {
    200: jsonAnswer("A page", AuditPage),
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

export const spaceAudit = v1Router().openapi(listRoute, async (c) => {
  const { id } = c.req.valid("param");
  const page = await listAudit(c.var.core, c.var.caller.userId, id, c.req.valid("query"));
  return c.json(serializePage(page, serializeEntry), 200);
});

function serializeEntry(entry: DomainEntry): z.infer<typeof SpaceAuditEntry> {
  const { at, by, action, userId, roleId, conversationId, categoryId, before, after } = entry;
  return {
    ...{ at, by, action },
    of: {
      ...(userId !== null && { user_id: userId }),
      ...(roleId !== null && { role_id: roleId }),
      ...(conversationId !== null && { conversation_id: conversationId }),
      ...(categoryId !== null && { category_id: categoryId }),
    },
    ...(before && { from: before }),
    ...(after && { to: after }),
  };
}
