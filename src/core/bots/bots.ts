import type { Credential } from "../../domain/accounts/session.ts";
import type { ProfileChange, User } from "../../domain/accounts/user.ts";
import { CoreError, noUser, sessionOver } from "../../domain/errors.ts";
import type { UserId } from "../../domain/ids.ts";
import { LIMITS } from "../../domain/limits.ts";
import { looksDeleted } from "../../domain/names/names.ts";
import { randomHex } from "../../lib/random.ts";
import { endAllSessions } from "../../storage/accounts/sessions.ts";
import { findBotOf, insertBot, listBotsOf, type NewBot } from "../../storage/bots/bots.ts";
import { deleteBotAccount } from "../accounts/account-deletion.ts";
import { usernameTaken } from "../accounts/registration.ts";
import { endSessionsWith } from "../accounts/session-end.ts";
import { openTokenSession } from "../accounts/sessions.ts";
import { changeProfile } from "../accounts/users.ts";
import type { Core } from "../context.ts";
import { requireAllowed } from "../moderation/shown-texts.ts";
import { requireMayMakeBots } from "../policies.ts";
import { counted } from "../quotas.ts";
import { madeUpUsername } from "../server/named-users.ts";
import { usersChanged } from "../server/user-events.ts";

/** What the list of sessions of a bot shows. */
const SESSION_NAME = "token of the bot";

/** What a new bot is to be. */
interface BotInput {
  username?: string | undefined;
  nickname: string;
  avatar?: string | undefined;
}

/** A bot, with the session of its token. */
interface BotWithSession {
  bot: User;
  credential: Credential;
}

/**
 * Makes a bot of the caller, with a session without end.
 * @throws `conflict` for one bot too many, and for a username that is taken or looks like another user's;
 *   `forbidden` for a caller who is a bot, and as `requireMayMakeBots`; `refused` for a name that rules
 *   refuse; `quota` for one more than a user may make in a day
 */
export async function createBot(core: Core, maker: UserId, input: BotInput): Promise<BotWithSession> {
  requireMayMakeBots(core);
  const { username = madeUpUsername(), nickname } = input;
  if (looksDeleted(username)) throw usernameTaken("taken");
  await requireAllowed(core, { username: input.username, nickname });
  const { avatar = "" } = core.fileOrigins.withStoredAvatar({ avatar: input.avatar ?? "" });
  const createdAt = Date.now();
  const made = { makerId: maker, username, nickname, avatar, createdAt };
  const bot = await counted(core, maker, { bots: [randomHex()] }, () => insertFor(core, made));
  core.securityLog.record("registered", { user: bot.id, by: maker });
  usersChanged(core);
  return { bot, credential: await openBotSession(core, maker, bot.id) };
}

/** @throws as `createBot`, for what D1 has refused */
async function insertFor(core: Core, made: NewBot): Promise<User> {
  const bot = await insertBot(core.db, made);
  if (bot === "too_many")
    throw new CoreError("conflict", `You can have ${LIMITS.botsOfUser} bots: delete one of them.`);
  if (bot === "no_maker") throw new CoreError("forbidden", "A bot makes no bots.");
  // Their sessions are about to end.
  if (bot === "suspended") throw sessionOver();
  if (typeof bot === "string") throw usernameTaken(bot);
  return bot;
}

/** The bots of the caller, the oldest first. */
export function listBots(core: Core, maker: UserId): Promise<User[]> {
  return listBotsOf(core.db, maker);
}

/** Changes the name or the avatar of a bot of the caller. @throws `not_found`; as `changeProfile` */
export async function changeBot(
  core: Core,
  maker: UserId,
  id: UserId,
  change: Pick<ProfileChange, "nickname" | "avatar">,
): Promise<User> {
  const bot = await requireBot(core, maker, id);
  const { nickname, avatar } = await changeProfile(core, { userId: bot.id }, change);
  return { ...bot, nickname, avatar };
}

/**
 * Ends all sessions of a bot of the caller, with their sockets, and opens another one.
 * @throws `not_found`; `suspended`
 */
export async function rotateBotToken(core: Core, maker: UserId, id: UserId): Promise<BotWithSession> {
  const bot = await requireBot(core, maker, id);
  await endSessionsWith(core, id, () => endAllSessions(core.db, id, Date.now()));
  core.securityLog.record("session_ended", { user: id, by: maker });
  return { bot, credential: await openBotSession(core, maker, id) };
}

/** Deletes the account of a bot of the caller. @throws `not_found`; `conflict` while the bot owns a group */
export async function deleteBot(core: Core, maker: UserId, id: UserId): Promise<void> {
  await requireBot(core, maker, id);
  await deleteBotAccount(core, maker, id);
}

async function requireBot(core: Core, maker: UserId, id: UserId): Promise<User> {
  const bot = await findBotOf(core.db, maker, id);
  if (!bot) throw noUser(id);
  return bot;
}

async function openBotSession(core: Core, maker: UserId, id: UserId): Promise<Credential> {
  const opened = await openTokenSession(core, "maker", id, {
    lifetimeMs: null,
    name: SESSION_NAME,
    mint: null,
  });
  // The account was deleted during the call.
  if (!opened) throw noUser(id);
  core.securityLog.record("token_issued", { user: id, by: maker });
  return opened.credential;
}
