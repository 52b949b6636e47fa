import { Hono } from "hono";
import { weighs } from "../../../http/access/rate-limit.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields, checked } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { BODY } from "../schemas/common.ts";
import { Decision } from "../schemas/join-requests.ts";
import { serializeGroup } from "../serialize/groups.ts";
import { serializeGroupApplication } from "../serialize/lists/applications.ts";
import { listGroupApplications } from "../use-cases/contacts/group-applications.ts";
import { decideJoinRequestByName } from "../use-cases/join-requests.ts";

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
