import { z } from "@hono/zod-openapi";
import {
  createSpaceInvitation,
  listSpaceInvitations,
  withdrawSpaceInvitation,
} from "../../../core/spaces/invitations.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { ListQuery, SpaceIdParam, SpaceParams, serializePage } from "../common.ts";
import {
  Invitation,
  InvitationCodeParam,
  InvitationInput,
  InvitationPage,
  serializeInvitation,
} from "../conversations/invitations.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, optionalBody } from "../route.ts";
import { v1Router } from "../router.ts";

const lightRoute = callerRoutes("Spaces");
const pageRoute = callerRoutes("Spaces", weighs("page"));

const createRoute = lightRoute("post", "/v1/spaces/{id}/invitations", {
  operationId: "createSpaceInvitation",
  summary: "Invite users to a space by a code",
  description:
    "Wants the permission `invite`. Who has the code comes in by `POST /v1/invitations/{code}`, until its end, or until you are no member any more. A member has at most 100 open invitations: else `conflict`.",
  request: { params: SpaceParams, body: optionalBody(InvitationInput) },
  responses: {
    201: jsonAnswer("The invitation", Invitation),
    ...problems("forbidden", "refused", "not_found", "conflict"),
  },
});

const listRoute = pageRoute("get", "/v1/spaces/{id}/invitations", {
  operationId: "listSpaceInvitations",
  summary: "Open invitations of a space",
  description:
    "Your own that still let somebody in, the oldest first; everybody's with the permission `manage_space`. Wants the permission `invite`.",
  request: { params: SpaceParams, query: ListQuery },
  responses: {
    200: jsonAnswer("A page", InvitationPage),
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const withdrawRoute = lightRoute("delete", "/v1/spaces/{id}/invitations/{code}", {
  operationId: "withdrawSpaceInvitation",
  summary: "Withdraw an invitation to a space",
  description:
    "Wants the permission `invite`, and `manage_space` for the invitation of somebody else. Whoever it has let in stays.",
  request: { params: z.object({ id: SpaceIdParam, code: InvitationCodeParam }) },
  responses: {
    204: { description: "The code lets nobody in" },
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

export const spaceInvitations = v1Router()
  .openapi(createRoute, async (c) => {
    const { id } = c.req.valid("param");
    const { expires_in_s: expiresInS, max_uses: maxUses } = c.req.valid("json");
    const terms = { expiresInS, maxUses };
    const made = await createSpaceInvitation(c.var.core, c.var.caller.userId, id, terms);
    return c.json(serializeInvitation(made), 201);
  })
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const page = await listSpaceInvitations(c.var.core, c.var.caller.userId, id, c.req.valid("query"));
    return c.json(serializePage(page, serializeInvitation), 200);
  })
  .openapi(withdrawRoute, async (c) => {
    const { id, code } = c.req.valid("param");
    await withdrawSpaceInvitation(c.var.core, c.var.caller.userId, id, code);
    return c.body(null, 204);
  });
