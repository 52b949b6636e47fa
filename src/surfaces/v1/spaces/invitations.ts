import { z } from "@hono/zod-openapi";
import {
  createSpaceInvitation,
  listSpaceInvitations,
  withdrawSpaceInvitation,
} from "../../../core/spaces/invitations.ts";
import { ConversationId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { SpaceInvitation as DomainInvitation } from "../../../domain/spaces/invitation.ts";
import { RoleId } from "../../../domain/spaces/role.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import { ListQuery, pageShape, SpaceIdParam, SpaceParams, serializePage } from "../common.ts";
import {
  Invitation,
  InvitationCodeParam,
  InvitationInput,
  serializeInvitation,
} from "../conversations/invitations.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, optionalBody } from "../route.ts";
import { v1Router } from "../router.ts";

const RoleIds = z.array(RoleId).max(LIMITS.invitationGifts);
const ChannelIds = z.array(ConversationId).max(LIMITS.invitationGifts);

const SpaceInvitationInput = z
  .object({
    ...InvitationInput.shape,
    role_ids: RoleIds.optional().openapi({ description: "What who comes in is given" }),
    channel_ids: ChannelIds.optional().openapi({
      description: "What who comes in follows besides the default channels, as far as they can read it",
    }),
  })
  .openapi("SpaceInvitationInput", { example: { max_uses: 10, role_ids: [3] } });

const SpaceInvitation = z
  .object({ ...Invitation.shape, role_ids: RoleIds, channel_ids: ChannelIds })
  .openapi("SpaceInvitation");
const SpaceInvitationPage = pageShape(SpaceInvitation).openapi("SpaceInvitationPage");

const lightRoute = callerRoutes("Spaces");
const pageRoute = callerRoutes("Spaces", weighs("page"));

const createRoute = lightRoute("post", "/v1/spaces/{id}/invitations", {
  operationId: "createSpaceInvitation",
  summary: "Invite users to a space by a code",
  description:
    "Wants the permission `invite`. Who has the code comes in by `POST /v1/invitations/{code}`, until its end, or until you are no member any more. `role_ids` wants `manage_roles` too, and is given as far as you may give it then. A member has at most 100 open invitations: else `conflict`.",
  request: { params: SpaceParams, body: optionalBody(SpaceInvitationInput) },
  responses: {
    201: jsonAnswer("The invitation", SpaceInvitation),
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
    200: jsonAnswer("A page", SpaceInvitationPage),
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
    const { expires_in_s: expiresInS, max_uses: maxUses, ...given } = c.req.valid("json");
    const terms = { expiresInS, maxUses, roleIds: given.role_ids, channelIds: given.channel_ids };
    const made = await createSpaceInvitation(c.var.core, c.var.caller.userId, id, terms);
    return c.json(serializeSpaceInvitation(made), 201);
  })
  .openapi(listRoute, async (c) => {
    const { id } = c.req.valid("param");
    const page = await listSpaceInvitations(c.var.core, c.var.caller.userId, id, c.req.valid("query"));
    return c.json(serializePage(page, serializeSpaceInvitation), 200);
  })
  .openapi(withdrawRoute, async (c) => {
    const { id, code } = c.req.valid("param");
    await withdrawSpaceInvitation(c.var.core, c.var.caller.userId, id, code);
    return c.body(null, 204);
  });

function serializeSpaceInvitation(invitation: DomainInvitation): z.infer<typeof SpaceInvitation> {
  const { roleIds, channelIds } = invitation;
  return { ...serializeInvitation(invitation), role_ids: [...roleIds], channel_ids: [...channelIds] };
}
