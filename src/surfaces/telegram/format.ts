import type { Person } from "../../domain/accounts/person.ts";
import type { BotPlace, BotUpdate, KeptBotFormat } from "../../domain/bots/bot-update.ts";
import type { Role } from "../../domain/conversations/group-kind.ts";
import type { Message } from "../../domain/messages/message.ts";
import { serializeBanned, serializeLeft, serializeMember } from "./serialize/members.ts";
import { isShown, newRoleOf, seconds, serializeMessage } from "./serialize/messages.ts";
import { knownUser, namedUsers, renamedUsers, serializeChat, serializeUser } from "./serialize/users.ts";

/** The kinds that a bot is told only if it names them, as Telegram's documentation says. */
const ONLY_NAMED: ReadonlySet<string> = new Set([
  "chat_member",
  "message_reaction",
  "message_reaction_count",
]);

function update(kind: string, value: object, about?: Message): BotUpdate {
  const body = JSON.stringify({ [kind]: value });
  return { kind, body, ...(about && { seq: about.seq }) };
}

type Shown = (user: Person) => object;

const memberAs = (role: Role): Shown => {
  return (user) => serializeMember(user, role);
};

/** What became of the bot in a chat. @param by absent: the bot did it */
function membership(by: Person | null, at: number, place: BotPlace, before: Shown, after: Shown): BotUpdate {
  const bot = { ...place.self, bot: true };
  return update("my_chat_member", {
    ...{ chat: serializeChat(place), from: serializeUser(by ?? bot), date: seconds(at) },
    ...{ old_chat_member: before(bot), new_chat_member: after(bot) },
  });
}

/** How this API writes what a bot is told. */
export const telegramFormat: KeptBotFormat = {
  webhookHeaders: ({ secret }) => (secret === null ? {} : { "X-Telegram-Bot-Api-Secret-Token": secret }),
  tells: () => true,
  hidden: () => null,
  // What waits of it is forgotten. This API has no update of a revoke.
  revoked: () => null,
  message: (message, place) => {
    const role = newRoleOf(message, place.self.id);
    if (role !== null) {
      const [before, after] =
        role === "admin" ? (["member", "admin"] as const) : (["admin", "member"] as const);
      return membership(message.sender, message.createdAt, place, memberAs(before), memberAs(after));
    }
    return isShown(message, place) ? update("message", serializeMessage(message, place), message) : null;
  },
  edited: (message, place) => update("edited_message", serializeMessage(message, place), message),
  tapped: ({ id, user, seq, data, conversationId }, message, place) => {
    const chat = serializeChat(place);
    return update("callback_query", {
      ...{ id, from: serializeUser(user), chat_instance: String(conversationId), data },
      message: message ? serializeMessage(message, place) : { chat, message_id: seq, date: 0 },
    });
  },
  reactionKind: "message_reaction",
  reacted: ({ message, userId, before, after }, place) => {
    const { seq } = message;
    const user = knownUser(userId, place);
    const [old_reaction, new_reaction] = [before, after].map((keys) =>
      keys.map((emoji) => ({ type: "emoji", emoji })),
    );
    const chat = { chat: serializeChat(place), message_id: seq, user, date: seconds(Date.now()) };
    return [update("message_reaction", { ...chat, old_reaction, new_reaction })];
  },
  joined: (by, at, place) => membership(by, at, place, serializeLeft, memberAs("member")),
  left: (by, at, place) =>
    membership(by, at, place, memberAs("member"), by ? serializeBanned : serializeLeft),
  blocked: (isBlocked, at, place) => {
    const [before, after] = [memberAs("member"), serializeBanned];
    const by = place.peer ?? null;
    return isBlocked ? membership(by, at, place, before, after) : membership(by, at, place, after, before);
  },
  usersIn: namedUsers,
  renamed: renamedUsers,
  isWanted: (kind, allowed) => (allowed ? allowed.includes(kind) : !ONLY_NAMED.has(kind)),
};
