import { getUsersByNames, noUserWithName } from "../../../core/accounts/users.ts";
import type { Core } from "../../../core/context.ts";
import { getConversation } from "../../../core/conversations/conversations.ts";
import { decideJoinRequest } from "../../../core/groups/groups.ts";
import type { GroupAddress } from "../../../domain/conversations/group-address.ts";
import type { UserId } from "../../../domain/ids.ts";
import { type GroupByName, groupAfter } from "./groups.ts";

/** A decision about a join request, with the data of the notification that identifies it. */
export interface JoinDecisionByName {
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
export function decideJoinRequestByName(
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
