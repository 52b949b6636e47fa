import { getConversation } from "./conversations.ts";
import type { Core } from "./core.ts";
import type { GroupAddress } from "./group-address.ts";
import { decideJoinRequest } from "./groups.ts";
import type { UserId } from "./ids.ts";
import { type GroupByName, groupAfter } from "./named-groups.ts";
import { allByName, noUserWithName } from "./users.ts";

/** What is decided of an application, as whoever was told of it names it. */
export interface JoinDecisionByName {
  applicant: string;
  applicationId: number;
  authentication: string;
  accept: boolean;
  message: string;
}

/**
 * Lets somebody into the group that is called so, or not.
 * @throws as `inGroup`, `not_found` for an unknown user, and as `handleApplication`
 */
export function decideJoinRequestByName(
  core: Core,
  caller: UserId,
  name: GroupAddress,
  { applicant, authentication, ...decision }: JoinDecisionByName,
): Promise<GroupByName> {
  return groupAfter(core, name, async (id) => {
    const [user] = await allByName(core, [applicant]);
    if (!user) throw noUserWithName([applicant]);
    await decideJoinRequest(core, caller, id, { ...decision, shown: { userId: user.id, authentication } });
    return getConversation(core, caller, id);
  });
}
