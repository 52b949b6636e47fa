import { Hono } from "hono";
import { decideJoinRequestByName } from "../../../core/by-name/join-requests.ts";
import type { CallerEnv } from "../../../http/env.ts";
import { bodyFields, checked } from "../../../http/fields.ts";
import { authenticated } from "../auth.ts";
import { succeed } from "../envelope.ts";
import { Decision } from "../schemas/applications.ts";
import { SPEECH } from "../schemas/common.ts";
import { serializeGroup } from "../serialize/groups.ts";

/** Who comes into groups that want to be asked. */
export const applications = new Hono<CallerEnv>({ strict: false });

/** `handleGroupApplication`: lets somebody in who has applied, or not; he is told. */
applications.post("/group/handleGroupApplication", authenticated, async (c) => {
  const { groupID, decision } = checked(Decision, await bodyFields(c.req.raw, SPEECH));
  const group = await decideJoinRequestByName(c.var.core, c.var.caller.userId, groupID, decision);
  return succeed(c, { group: serializeGroup(group) });
});
