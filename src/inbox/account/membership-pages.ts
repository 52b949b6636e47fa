import type { UserId } from "../../domain/ids.ts";
import type { OwnMembership, UserDirectory } from "../../domain/ports.ts";

/** Memberships per query. */
const PAGE = 1_000;

/**
 * Reads from D1 all conversations in which a user is or was a member, or is a known user.
 * @returns pages of 1,000 at most, by rising conversation id
 */
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
