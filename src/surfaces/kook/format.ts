import type { BotFormat, BotPlace, BotUpdate } from "../../domain/bots/bot-update.ts";
import type { SpaceId } from "../../domain/ids.ts";
import { plainText } from "../../domain/markup/plain.ts";
import { readTip } from "../../domain/messages/content.ts";
import type { Message, MessageReference } from "../../domain/messages/message.ts";
import { readCards, valueIn } from "./cards.ts";
import { cardOf, TYPE } from "./content.ts";
import { guildEvents } from "./guilds/events.ts";
import { mentionedBy, mentionFields, NOBODY_MENTIONED } from "./messages/mentions.ts";
import { isShown, kmarkdownParts, messageId, quoteOf, shown } from "./messages/shown.ts";
import { serializeUser } from "./users.ts";

/** Of a channel the messages themselves name it, and what becomes of them names its guild. */
function envelope({ self, id, spaceId }: BotPlace, isSystem: boolean) {
  const target = isSystem ? spaceId : id;
  return {
    ...(spaceId === undefined
      ? { channel_type: "PERSON", target_id: String(self.id) }
      : { channel_type: "GROUP", target_id: String(target) }),
    ...{ nonce: "", from_type: 1 },
  };
}

function messageEvent(message: Message, place: BotPlace): object {
  const { conversationId, seq, sender, nameCard, createdAt } = message;
  const { spaceId } = place;
  const member = place.members?.find(({ userId }) => userId === sender.id);
  const isDirect = spaceId === undefined;
  const mentioned = isDirect ? NOBODY_MENTIONED : mentionedBy(message, place.people ?? []);
  const { type, content, raw, attachments } = shown(message, place.self.id, mentioned);
  const author = serializeUser(sender, true);
  return {
    ...{ ...envelope(place, false), type, content, author_id: String(sender.id) },
    ...{ msg_id: messageId(conversationId, seq), msg_timestamp: createdAt },
    extra: {
      ...(isDirect
        ? { type, code: place.code ?? "", guild_id: "", guild_type: 0, channel_name: "", author }
        : { type, code: "", guild_id: String(spaceId), guild_type: 0, channel_name: place.name }),
      ...(!isDirect && {
        channel_type: 1,
        author: {
          ...{ ...author, nickname: member?.nameCard || nameCard || author.nickname },
          roles: member?.roleIds ?? [],
        },
      }),
      ...{ visible_only: null, mention_no_at: [], nav_channels: [] },
      ...mentionFields(isDirect ? { mentions: [] } : message),
      ...{ kmarkdown: kmarkdownParts(raw, mentioned), emoji: [] },
      ...{ last_msg_content: `${sender.nickname || sender.username}：${plainText(raw)}`, send_msg_device: 0 },
      ...(attachments && { attachments }),
      ...quoteOf(message),
    },
  };
}

/** An event of the system, which has an id of its own. */
function systemEvent(kind: string, address: ReturnType<typeof envelope>, body: object): BotUpdate {
  const event = {
    ...{ ...address, type: TYPE.system, author_id: "1", content: "[系统消息]" },
    ...{ msg_id: crypto.randomUUID(), msg_timestamp: Date.now(), extra: { type: kind, body } },
  };
  return { kind, body: JSON.stringify(event) };
}

/** The names of what becomes of a message, in direct conversations and in channels. */
const NAMES = {
  updated: ["updated_private_message", "updated_message"],
  deleted: ["deleted_private_message", "deleted_message"],
  reacted: ["private_added_reaction", "added_reaction"],
  unreacted: ["private_deleted_reaction", "deleted_reaction"],
} as const;

/** What became of a message. */
function changeEvent(
  name: keyof typeof NAMES,
  { conversationId, seq, sender }: Message,
  place: BotPlace,
  more: object,
): BotUpdate {
  const msg_id = messageId(conversationId, seq);
  const [ofDirect, ofChannel] = NAMES[name];
  const address = envelope(place, true);
  if (place.spaceId !== undefined) {
    const about = { msg_id, channel_id: String(conversationId), guild_id: String(place.spaceId) };
    return systemEvent(ofChannel, address, { ...about, ...more });
  }
  const { target_id } = address;
  const about = { msg_id, author_id: String(sender.id), target_id, chat_code: place.code ?? "" };
  return systemEvent(ofDirect, address, { ...about, ...more });
}

/** In a channel a system message says that a message is pinned. */
function pinEvent({ kind, body }: Message, place: BotPlace): BotUpdate | null {
  if (kind !== "tip" || place.spaceId === undefined) return null;
  const tip = readTip(body);
  if ("notice" in tip || tip.event !== "pinned" || tip.seq === undefined) return null;
  const channel_id = String(place.id);
  const operator_id = String(tip.actor_id);
  const about = { channel_id, operator_id, msg_id: messageId(place.id, tip.seq) };
  return systemEvent("pinned_message", envelope(place, true), about);
}

/** What is told in place of a text that waits, once the bot may not read its channel: as of a deleted one. */
function hiddenEvent({ conversationId, seq }: MessageReference, spaceId: SpaceId): BotUpdate {
  const address = { channel_type: "GROUP", target_id: String(spaceId), nonce: "", from_type: 1 };
  const channel_id = String(conversationId);
  return systemEvent("deleted_message", address, { channel_id, msg_id: messageId(conversationId, seq) });
}

/** How this API writes what a bot is told. */
export const kookFormat: BotFormat = {
  tells: ({ kind, spaceId }) => kind === "direct" || spaceId !== undefined,
  message: (message, place) =>
    isShown(message)
      ? { kind: "message", body: JSON.stringify(messageEvent(message, place)), seq: message.seq }
      : pinEvent(message, place),
  edited: (message, place): BotUpdate => {
    const mentioned = mentionedBy(message, place.people ?? []);
    const { content } = shown(message, place.self.id, mentioned);
    const updated_at = message.editedAt ?? Date.now();
    const mentions = place.spaceId === undefined ? {} : mentionFields(message);
    const event = changeEvent("updated", message, place, { content, ...mentions, updated_at });
    return { ...event, seq: message.seq };
  },
  revoked: (message, place) => changeEvent("deleted", message, place, { deleted_at: Date.now() }),
  hidden: hiddenEvent,
  reactionKind: NAMES.reacted[0],
  reacted: ({ message, userId, before, after }, place) => {
    const told = (name: "reacted" | "unreacted", key: string) =>
      changeEvent(name, message, place, { user_id: String(userId), emoji: { id: key, name: key } });
    return [
      ...before.filter((key) => !after.includes(key)).map((key) => told("unreacted", key)),
      ...after.filter((key) => !before.includes(key)).map((key) => told("reacted", key)),
    ];
  },
  tapped: ({ user, data }, message, place) => {
    const card = message && cardOf(message.body);
    const value = card === null ? data : valueIn(readCards(card), data);
    if (!message || value === null) return null;
    const id = String(user.id);
    const { spaceId, self } = place;
    const isDirect = spaceId === undefined;
    // A library names the user by the author.
    return systemEvent(
      "message_btn_click",
      { channel_type: "PERSON", target_id: String(self.id), nonce: "", from_type: 1 },
      {
        ...{ msg_id: messageId(message.conversationId, message.seq), user_id: id, author_id: id, value },
        ...(isDirect
          ? { target_id: id, channel_type: "PERSON", chat_code: place.code ?? "" }
          : { target_id: String(place.id), channel_type: "GROUP", guild_id: String(spaceId) }),
        user_info: serializeUser(user),
      },
    );
  },
  spaceChanged: (change, self) =>
    guildEvents(change, self).map(({ kind, body, isOwn }) => {
      const guild = change.after ?? change.before;
      const target = isOwn
        ? { channel_type: "PERSON", target_id: String(self) }
        : { channel_type: "GROUP", target_id: String(guild?.id ?? 0) };
      return systemEvent(kind, { ...target, nonce: "", from_type: 1 }, body);
    }),
  // A bot does not come into a direct conversation, or leave it, in the words of this API.
  joined: () => null,
  left: () => null,
  blocked: () => null,
  isWanted: () => true,
};
