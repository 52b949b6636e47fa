import { createRoute, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import {
  acceptInvitation,
  createInvitation,
  listInvitations,
  lookAtInvitation,
  withdrawInvitation,
} from "../../../../core/groups/invitations.ts";
import { isNotFound } from "../../../../domain/errors.ts";
import { countRefused, weighs } from "../../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../../http/env.ts";
import { authenticated } from "../../auth.ts";
import { v1Body } from "../../body.ts";
import { v1Router } from "../../router.ts";
import { ConversationIdParam, ListQuery, problems } from "../../schemas/common.ts";
import { Conversation } from "../../schemas/conversations.ts";
import {
  Invitation,
  InvitationCodeParam,
  InvitationInput,
  InvitationPage,
  InvitedGroup,
} from "../../schemas/invitations.ts";
import { serializeConversation } from "../../serialize/conversations.ts";
import { serializeInvitation, serializeInvitedGroup } from "../../serialize/invitations.ts";

const inGroup = z.object({ id: ConversationIdParam });
const byCode = z.object({ code: InvitationCodeParam });

const createRouteDefinition = createRoute({
  method: "post",
  path: "/v1/conversations/{id}/invitations",
  operationId: "createInvitation",
  tags: ["Members"],
  summary: "Invite users by a code",
  description:
    "For the owner and admins. Who has the code joins the group until the end of the invitation, also a closed one, and without approval. A group has at most 100 open invitations: else `conflict`. Repeating the call makes another one.",
  security: [{ bearer: [] }],
  middleware: [authenticated, v1Body] as const,
  request: { params: inGroup, body: { content: { "application/json": { schema: InvitationInput } } } },
  responses: {
    201: { description: "The invitation", content: { "application/json": { schema: Invitation } } },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found", "conflict", "too_large"),
  },
});

const listRoute = createRoute({
  method: "get",
  path: "/v1/conversations/{id}/invitations",
  operationId: "listInvitations",
  tags: ["Members"],
  summary: "Open invitations of a group",
  description: "Those that still let somebody in, the oldest first. For the owner and admins.",
  security: [{ bearer: [] }],
  middleware: [authenticated, weighs("page")] as const,
  request: { params: inGroup, query: ListQuery },
  responses: {
    200: { description: "A page", content: { "application/json": { schema: InvitationPage } } },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found"),
  },
});

const withdrawRoute = createRoute({
  method: "delete",
  path: "/v1/conversations/{id}/invitations/{code}",
  operationId: "withdrawInvitation",
  tags: ["Members"],
  summary: "Withdraw an invitation",
  description:
    "For the owner and admins. Whoever it has let in stays. Without such an invitation nothing changes.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params: inGroup.extend(byCode.shape) },
  responses: {
    204: { description: "The code lets nobody in" },
    ...problems("validation_failed", "unauthenticated", "forbidden", "not_found"),
  },
});

const lookRoute = createRoute({
  method: "get",
  path: "/v1/invitations/{code}",
  operationId: "getInvitation",
  tags: ["Members"],
  summary: "The group of an invitation, before you join it",
  description:
    "Uses nothing up. A code that is unknown, withdrawn, expired or used up is `not_found`; such calls count by address. A banned user is `forbidden`.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params: byCode },
  responses: {
    200: { description: "The group", content: { "application/json": { schema: InvitedGroup } } },
    ...problems("unauthenticated", "forbidden", "not_found"),
  },
});

const acceptRoute = createRoute({
  method: "post",
  path: "/v1/invitations/{code}",
  operationId: "acceptInvitation",
  tags: ["Members"],
  summary: "Join a group by an invitation",
  description:
    "A member gets the same answer and uses nothing up, so the call may be repeated. A code that is unknown, withdrawn, expired or used up is `not_found`; such calls count by address. A banned user is `forbidden`; a full group is a `conflict`.",
  security: [{ bearer: [] }],
  middleware: [authenticated] as const,
  request: { params: byCode },
  responses: {
    200: {
      description: "The conversation, of which the caller is a member",
      content: { "application/json": { schema: Conversation } },
    },
    ...problems("unauthenticated", "forbidden", "not_found", "conflict"),
  },
});

export const invitations = v1Router()
  .openapi(createRouteDefinition, async (c) => {
    const { id } = c.req.valid("param");
    const { expires_in_s: expiresInS, max_uses: maxUses } = c.req.valid("json");
    const terms = { expiresInS, maxUses };
    return c.json(
      serializeInvitation(await createInvitation(c.var.core, c.var.caller.userId, id, terms)),
      201,
    );
  })
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const page = await listInvitations(c.var.core, c.var.caller.userId, id, c.req.valid("query"));
    return c.json({ items: page.items.map(serializeInvitation), next_cursor: page.nextCursor }, 200);
  })
  .openapi(withdrawRoute, async (c) => {
    const { id, code } = c.req.valid("param");
    await withdrawInvitation(c.var.core, c.var.caller.userId, id, code);
    return c.body(null, 204);
  })
  .openapi(lookRoute, async (c) => {
    const { code } = c.req.valid("param");
    const found = lookAtInvitation(c.var.core, c.var.caller.userId, code);
    return c.json(serializeInvitedGroup(await countingGuesses(c, found)), 200);
  })
  .openapi(acceptRoute, async (c) => {
    const { code } = c.req.valid("param");
    const joined = acceptInvitation(c.var.core, c.var.caller.userId, code);
    return c.json(serializeConversation(await countingGuesses(c, joined)), 200);
  });

/** Counts a call whose code lets nobody in. @throws `rate_limited` over the limit, else as `work` */
function countingGuesses<T>(c: Context<CallerEnv>, work: Promise<T>): Promise<T> {
  return work.catch(async (error: unknown) => {
    if (isNotFound(error)) await countRefused(c, "invitation");
    throw error;
  });
}
