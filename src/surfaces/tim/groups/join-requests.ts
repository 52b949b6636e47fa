import { Hono } from "hono";
import { z } from "zod";
import { getUsersByNames, noUserWithName } from "../../../core/accounts/users.ts";
import type { Core } from "../../../core/context.ts";
import { getConversation } from "../../../core/conversations/conversations.ts";
import { decideJoinRequest } from "../../../core/groups/groups.ts";
import type { GroupAddress } from "../../../domain/conversations/group-address.ts";
import type { UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import { textUpTo } from "../../../domain/text.ts";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields, checked, integer } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { BODY } from "../body.ts";
import { succeed } from "../envelope.ts";
import { groupID, userID, wireGroupID } from "../ids.ts";
import { type GroupApplication, listGroupApplications } from "../use-cases/contacts/group-applications.ts";
import { type GroupByName, groupAfter } from "../use-cases/groups.ts";
import { serializeGroup } from "./group.ts";

/** The token in the notification of a join request. It proves that the caller received this notification. */
const Token = { authentication: z.string().max(128), messageKey: integer.pipe(z.int().positive()) };

/** A join request, as clients assemble it. */
const Application = z.object({ applicant: userID, groupID, ...Token });

/** The same, inside the message of its notification. */
const NotificationMessage = z
  .object({
    payload: z.object({ operatorID: userID, groupProfile: z.object({ groupID }), ...Token }),
  })
  .transform(({ payload: { operatorID, groupProfile, ...token } }) => {
    return { applicant: operatorID, ...groupProfile, ...token };
  });

/**
 * `handleGroupApplication`: the join request is named by the message of its notification, or by its fields.
 */
const Decision = z
  .object({
    handleAction: z.enum(["Agree", "Reject"]),
    handleMessage: textUpTo(LIMITS.joinRequest).default(""),
    message: NotificationMessage.optional(),
    application: Application.optional(),
  })
  .transform(({ handleAction, handleMessage, message, application = message }, context) => {
    if (!application) {
      context.addIssue({ code: "custom", path: ["message"], message: "must be there, or application" });
      return z.NEVER;
    }
    const { groupID, applicant, authentication, messageKey: joinRequestId } = application;
    const accept = handleAction === "Agree";
    return {
      groupID,
      decision: { applicant, authentication, joinRequestId, accept, message: handleMessage },
    };
  });

/** Join requests of groups that need approval. */
export const joinRequests = new Hono<CallerEnv>({ strict: false });

/** `handleGroupApplication`: accepts or rejects a join request. The applicant gets a notification. */
joinRequests.post("/group/handleGroupApplication", authenticated, async (c) => {
  const { groupID, decision } = checked(Decision, await bodyFields(c.req.raw, BODY));
  const group = await decideJoinRequestByName(c.var.core, c.var.caller.userId, groupID, decision);
  return succeed(c, { group: serializeGroup(group) });
});

/** `getGroupApplicationList`: the open join requests that the caller may decide. */
joinRequests.post("/group/getGroupApplicationList", authenticated, weighs("page"), async (c) => {
  await bodyFields(c.req.raw, BODY);
  const applications = await listGroupApplications(c.var.core, c.var.caller.userId);
  return succeed(c, { applicationList: applications.map(serializeGroupApplication) });
});

/** The SDK's number of a request to join; others are invitations, which join at once here. */
const TO_JOIN = 0;

/** An open join request, as `handleGroupApplication` takes it back. */
function serializeGroupApplication({ group, applicant, id, authentication, message }: GroupApplication) {
  const { username, nickname, avatar } = applicant;
  return {
    ...{ applicant: username, applicantNick: nickname, applicantAvatar: avatar },
    ...{ groupID: wireGroupID(group.id, group), groupName: group.name },
    ...{ applicationType: TO_JOIN, userID: "", note: message, authentication, messageKey: id },
  };
}

/** A decision about a join request, with the data of the notification that identifies it. */
interface JoinDecisionByName {
  applicant: string;
  joinRequestId: number;
  authentication: string;
  accept: boolean;
  message: string;
}

/**
 * Accepts or rejects a join request of a group.
 * @throws as `withGroup`, `not_found` for an unknown user, and as `decideJoinRequest`
 */
function decideJoinRequestByName(
  core: Core,
  caller: UserId,
  name: GroupAddress,
  { applicant, authentication, ...decision }: JoinDecisionByName,
): Promise<GroupByName> {
  return groupAfter(core, caller, name, async (id) => {
    const [user] = await getUsersByNames(core, caller, [applicant]);
    if (!user) throw noUserWithName([applicant]);
    await decideJoinRequest(core, caller, id, {
      ...decision,
      credential: { userId: user.id, authentication },
    });
    return getConversation(core, caller, id);
  });
}
