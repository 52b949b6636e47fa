import { countNamed } from "../../../core/contacts/strangers.ts";
import type { Core } from "../../../core/context.ts";
import { isBanned } from "../../../core/groups/bans.ts";
import { withCurrentProfiles } from "../../../core/groups/groups.ts";
import { requireNoStrangers } from "../../../core/policies.ts";
import type { Person } from "../../../domain/accounts/person.ts";
import type { BotPlace } from "../../../domain/bots/bot-update.ts";
import { namedIn } from "../../../domain/bots/named-users.ts";
import type { Role } from "../../../domain/conversations/group-kind.ts";
import { noConversation, noUser } from "../../../domain/errors.ts";
import { ConversationId, UserId } from "../../../domain/ids.ts";
import type { Message } from "../../../domain/messages/message.ts";
import { LruMap } from "../../../lib/lru-map.ts";
import { findLiveUsers } from "../../../storage/accounts/users.ts";
import { findPeople } from "../../../storage/conversations/conversations.ts";
import { findDirectConversation } from "../../../storage/conversations/direct.ts";

/** What an isolate remembers of conversations, each about 300 bytes. */
const MAX_KNOWN = 10_000;
/** How long a name is shown that may have changed (ms). */
const KEEP_MS = 60_000;

/** The direct conversations by bot and user: two users have one, which never changes. */
const directs = new LruMap<string, ConversationId>(() => MAX_KNOWN);
const places = new LruMap<string, { place: BotPlace; until: number }>(() => MAX_KNOWN);

/**
 * The conversation of a chat: positive, the other user of a direct conversation; negative, a group.
 * @throws `not_found` for a user with whom the bot has none: a bot begins no direct conversation here
 */
export async function conversationOf(core: Core, bot: UserId, chat: number): Promise<ConversationId> {
  if (chat < 0) return ConversationId.parse(-chat);
  const peer = UserId.safeParse(chat).data;
  if (peer === undefined) throw noConversation();
  const key = `${bot} ${peer}`;
  const found = directs.get(key) ?? (await findDirectConversation(core.db, bot, peer));
  if (found === null) throw noConversation();
  directs.set(key, found);
  return found;
}

/**
 * A conversation as its messages show it, as it was within the last minute.
 * @throws `not_found` unless the bot is in it
 */
export async function placeOf(core: Core, bot: UserId, id: ConversationId): Promise<BotPlace> {
  const key = `${bot} ${id}`;
  const known = places.get(key);
  if (known && known.until > Date.now()) return known.place;
  const { context } = await core.conversations.pageWithContext(id, { userId: bot, limit: 1 });
  places.set(key, { place: context, until: Date.now() + KEEP_MS });
  return context;
}

/** The same with the users whom a message names. */
export async function placeShowing(core: Core, bot: UserId, message: Message): Promise<BotPlace> {
  const place = await placeOf(core, bot, message.conversationId);
  const named = namedIn(message).filter((id) => id !== bot && id !== place.peer?.id);
  return named.length === 0 ? place : { ...place, people: await findPeople(core.db, named) };
}

/** What a user is in a chat: a member with a role, put out of it, or not in it. */
export interface Standing {
  user: Person;
  as: Role | "banned" | "absent";
}

/**
 * What a user is in a chat.
 * @throws `not_found` for a user who does not exist, and as `countNamed` for too many who are not in the chat
 */
export async function standingOf(
  core: Core,
  bot: UserId,
  id: ConversationId,
  userId: UserId,
): Promise<Standing> {
  const targetIds = [userId];
  const memberships = await core.conversations.membersByIds(id, { userId: bot, targetIds });
  const [member] = await withCurrentProfiles(core, bot, memberships);
  if (member) return { user: member.user, as: member.role };
  await countNamed(core, bot, targetIds);
  await requireNoStrangers(core, bot, targetIds);
  const [user] = await findLiveUsers(core.db, targetIds);
  if (!user) throw noUser(userId);
  return { user, as: (await isBanned(core, bot, id, userId)) ? "banned" : "absent" };
}
