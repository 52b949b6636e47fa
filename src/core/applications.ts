import { getConversation } from "./conversations.ts";
import type { Core } from "./core.ts";
import { handleApplication } from "./groups.ts";
import type { UserId } from "./ids.ts";
import { type Group, type GroupName, groupAfter } from "./named-groups.ts";
import { allNamed, noOneNamed } from "./users.ts";

/** What is decided of an application, as whoever was told of it names it. */
export interface NamedDecision {
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
export function handleNamed(
  core: Core,
  caller: UserId,
  name: GroupName,
  { applicant, authentication, ...decision }: NamedDecision,
): Promise<Group> {
  return groupAfter(core, name, async (id) => {
    const [user] = await allNamed(core, [applicant]);
    if (!user) throw noOneNamed([applicant]);
    await handleApplication(core, caller, id, { ...decision, shown: { userId: user.id, authentication } });
    return getConversation(core, caller, id);
  });
}
