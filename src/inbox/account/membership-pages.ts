import type { UserId } from "../../domain/ids.ts";
import type { OwnMembership, UserDirectory } from "../../domain/ports.ts";

/** How many memberships D1 is asked for at once. */
const PAGE = 1_000;

/** All conversations which a user ever was in, or is known in, as D1 has them; page by page. */
export async function* membershipPages(
  directory: Pick<UserDirectory, "memberships">,
  userId: UserId,
): AsyncGenerator<OwnMembership[]> {
  for (let after = 0, more = true; more; ) {
    const page = await directory.memberships(userId, after, PAGE);
    yield page;
    after = page.at(-1)?.conversationId ?? after;
    more = page.length === PAGE;
  }
}
