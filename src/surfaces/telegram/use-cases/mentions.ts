import { namedUsers } from "../../../core/accounts/users.ts";
import type { Core } from "../../../core/context.ts";
import type { ConversationId, UserId } from "../../../domain/ids.ts";
import { LIMITS } from "../../../domain/limits.ts";
import type { Meant } from "../text/meant.ts";

/** Those of the users whom a text means who are in its group. Without any nobody is asked. */
export async function mentionsIn(
  core: Core,
  bot: UserId,
  id: ConversationId,
  { ids, names }: Meant,
): Promise<UserId[]> {
  const named = names.length === 0 ? [] : await namedUsers(core, bot, names.slice(0, LIMITS.mentions));
  const targetIds = [...new Set([...ids, ...named.map((user) => user.id)])].slice(0, LIMITS.mentions);
  if (targetIds.length === 0) return [];
  const members = await core.conversations.membersByIds(id, { userId: bot, targetIds });
  return members.map(({ userId }) => userId);
}
