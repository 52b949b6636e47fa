import { createRoute, z } from "@hono/zod-openapi";
import {
  acceptInvitation,
  createInvitation,
  listInvitations,
  lookAtInvitation,
  withdrawInvitation,
} from "../../../core/groups/invitations.ts";
import { acceptSpaceInvitation, lookAtSpaceInvitation } from "../../../core/spaces/invitations.ts";
import type {
  Invitation as DomainInvitation,
  InvitedGroup as DomainInvitedGroup,
} from "../../../domain/conversations/invitation.ts";
import { isNotFound } from "../../../domain/errors.ts";
import { UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { SpaceCode, type SpaceInvitation } from "../../../domain/spaces/invitation.ts";
import { type CountingAddress, countRefused, weighs } from "../../../http/access/rate-limit.ts";
import { User } from "../accounts/users.ts";
import { authenticatedIfSent } from "../auth.ts";
import { ConversationParams, ListQuery, pageShape, serializePage, Time } from "../common.ts";
import { problems } from "../problems.ts";
import { callerRoutes, jsonAnswer, optionalBody } from "../route.ts";
import { v1Router } from "../router.ts";
import { InvitedSpace, JoinedSpace, serializeInvitedSpace, showJoinedSpace } from "../spaces/spaces.ts";
import { Conversation, serializeConversation } from "./conversation.ts";
import { Group } from "./groups.ts";

const CODE = "4f2-9b1c0e7d5a3f48268c0d1e2f3a4b5c6d";
const Code = z.string().openapi({
  description: "Opaque. Whoever has it can join: show it to nobody else",
  example: CODE,
});

/** Any text: one that is no code lets nobody in, as an unknown code. */
export const InvitationCodeParam = z.string().openapi({ example: CODE });

export const InvitationInput = z
  .object({
    expires_in_s: z
      .int()
      .min(LIMITS.invitationMinS)
      .max(LIMITS.invitationMaxS)
      .optional()
      .openapi({ description: "Seconds until the end; a week (604,800) if absent" }),
    max_uses: z
      .int()
      .positive()
      .max(LIMITS.invitationUses)
      .optional()
      .openapi({ description: "How many users it lets in; any number if absent" }),
  })
  .openapi("InvitationInput", { example: { expires_in_s: 86_400, max_uses: 10 } });

export const Invitation = z
  .object({
    code: Code,
    expires_at: Time,
    max_uses: z.int().nullable().openapi({ description: "null: any number" }),
    uses: z.int().openapi({ description: "How many users it has let in" }),
    created_by: UserId,
    created_at: Time,
  })
  .openapi("Invitation");

const InvitationPage = pageShape(Invitation).openapi("InvitationPage");

const InvitedGroup = Group.omit({ join_policy: true, owner: true })
  .extend({
    expires_at: Time.openapi({ description: "When the invitation ends" }),
    inviter: User.pick({ username: true, nickname: true, avatar: true })
      .nullable()
      .openapi({ description: "Who made the invitation; null: the account is deleted" }),
  })
  .openapi("InvitedGroup");

const lightRoute = callerRoutes("Members");
const pageRoute = callerRoutes("Members", weighs("page"));

const byCode = z.object({ code: InvitationCodeParam });

const createRouteDefinition = lightRoute("post", "/v1/conversations/{id}/invitations", {
  operationId: "createInvitation",
  summary: "Invite users by a code",
  description:
    "For the owner and admins. Who has the code joins the group until the end of the invitation, also a closed one, and without approval. A group has at most 100 open invitations: else `conflict`. Repeating the call makes another one.",
  request: { params: ConversationParams, body: optionalBody(InvitationInput) },
  responses: {
    201: jsonAnswer("The invitation", Invitation),
    ...problems("forbidden", "refused", "not_found", "conflict"),
  },
});

const listRoute = pageRoute("get", "/v1/conversations/{id}/invitations", {
  operationId: "listInvitations",
  summary: "Open invitations of a group",
  description: "Those that still let somebody in, the oldest first. For the owner and admins.",
  request: { params: ConversationParams, query: ListQuery },
  responses: {
    200: jsonAnswer("A page", InvitationPage),
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const withdrawRoute = lightRoute("delete", "/v1/conversations/{id}/invitations/{code}", {
  operationId: "withdrawInvitation",
  summary: "Withdraw an invitation",
  description:
    "For the owner and admins. Whoever it has let in stays. Without such an invitation nothing changes.",
  request: { params: ConversationParams.extend(byCode.shape) },
  responses: {
    204: { description: "The code lets nobody in" },
    ...problems("validation_failed", "forbidden", "not_found"),
  },
});

const lookRoute = createRoute({
  method: "get",
  path: "/v1/invitations/{code}",
  operationId: "getInvitation",
  tags: ["Members"],
  summary: "The group of an invitation, before you join it",
  description:
    "Uses nothing up. Works without a token, too, so that your client shows what somebody is invited to before they sign in: `state` is `none` then, and the call counts by address. A code that is unknown, withdrawn, expired or used up is `not_found`; such calls count by address. A banned user is `forbidden`.",
  security: [{ bearer: [] }, { server_key: [] }, {}],
  middleware: [authenticatedIfSent] as const,
  request: { params: byCode },
  responses: {
    200: jsonAnswer("The group, or the space", z.union([InvitedGroup, InvitedSpace])),
    ...problems("forbidden", "not_found"),
  },
});

const acceptRoute = lightRoute("post", "/v1/invitations/{code}", {
  operationId: "acceptInvitation",
  summary: "Join a group by an invitation",
  description:
    "A member gets the same answer and uses nothing up, so the call may be repeated. A code that is unknown, withdrawn, expired or used up is `not_found`; such calls count by address. A banned user is `forbidden`; a full group is a `conflict`.",
  request: { params: byCode },
  responses: {
    200: jsonAnswer(
      "The conversation, or the space, of which the caller is a member",
      z.union([Conversation, JoinedSpace]),
    ),
    ...problems("forbidden", "not_found", "conflict", "quota", "full"),
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
    return c.json(serializePage(page, serializeInvitation), 200);
  })
  .openapi(withdrawRoute, async (c) => {
    const { id, code } = c.req.valid("param");
    await withdrawInvitation(c.var.core, c.var.caller.userId, id, code);
    return c.body(null, 204);
  })
  .openapi(lookRoute, async (c) => {
    const { code } = c.req.valid("param");
    const { core, caller } = c.var;
    const userId = caller?.userId ?? null;
    const space = SpaceCode.safeParse(code).data;
    const look = async () =>
      space
        ? serializeInvitedSpace(await lookAtSpaceInvitation(core, userId, space))
        : serializeInvitedGroup(await lookAtInvitation(core, userId, code));
    // Without a token the call has counted already.
    return c.json(await (caller ? countingGuesses(c, look()) : look()), 200);
  })
  .openapi(acceptRoute, async (c) => {
    const { code } = c.req.valid("param");
    const { core, caller } = c.var;
    const space = SpaceCode.safeParse(code).data;
    const join = async () =>
      space
        ? await showJoinedSpace(core, await acceptSpaceInvitation(core, caller.userId, space), caller.userId)
        : serializeConversation(await acceptInvitation(core, caller.userId, code));
    return c.json(await countingGuesses(c, join()), 200);
  });

/** Counts a call whose code lets nobody in. @throws `rate_limited` over the limit, else as `work` */
function countingGuesses<T>(c: CountingAddress, work: Promise<T>): Promise<T> {
  return work.catch(async (error: unknown) => {
    if (isNotFound(error)) await countRefused(c, "invitation");
    throw error;
  });
}

/** An invitation as v1 shows it to the owner and admins. */
export function serializeInvitation(
  invitation: DomainInvitation | SpaceInvitation,
): z.infer<typeof Invitation> {
  const { code, expiresAt, maxUses, uses, createdBy, createdAt } = invitation;
  return {
    ...{ code, expires_at: expiresAt, max_uses: maxUses, uses },
    ...{ created_by: createdBy, created_at: createdAt },
  };
}

/** The group of an invitation as v1 shows it to whoever has the code. */
function serializeInvitedGroup(group: DomainInvitedGroup): z.infer<typeof InvitedGroup> {
  const { id, name, avatar, introduction, memberCount, state, expiresAt, inviter } = group;
  return {
    ...{ id, name, avatar, introduction, member_count: memberCount, state },
    expires_at: expiresAt,
    inviter: inviter && inviterOf(inviter),
  };
}

function inviterOf({ username, nickname, avatar }: NonNullable<DomainInvitedGroup["inviter"]>) {
  return { username, nickname, avatar };
}
