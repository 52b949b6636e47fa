import type { BotFormat, BotPlace, BotUpdate } from "../../domain/bots/bot-update.ts";
import { plainText } from "../../domain/markup/plain.ts";
import type { Message } from "../../domain/messages/message.ts";
import { readCards, valueIn } from "./cards.ts";
import { cardOf, TYPE } from "./content.ts";
import { isShown, kmarkdownParts, messageId, quoteOf, shown } from "./messages/shown.ts";
import { serializeUser } from "./users.ts";

/** What all events of a direct conversation have. */
function envelope({ self }: BotPlace) {
  return {
    ...{ channel_type: "PERSON", target_id: String(self.id), nonce: "", from_type: 1 },
  };
}

function messageEvent(message: Message, place: BotPlace): object {
  const { conversationId, seq, sender, createdAt } = message;
  const { type, content, raw, attachments } = shown(message, place.self.id);
  return {
    ...{ ...envelope(place), type, content, author_id: String(sender.id) },
    ...{ msg_id: messageId(conversationId, seq), msg_timestamp: createdAt },
    extra: {
      ...{ type, code: place.code ?? "", guild_id: "", guild_type: 0, channel_name: "" },
      author: serializeUser(sender, true),
      ...{ visible_only: null, mention: [], mention_no_at: [], mention_all: false, mention_roles: [] },
      ...{ mention_here: false, nav_channels: [], kmarkdown: kmarkdownParts(raw), emoji: [] },
      ...{ last_msg_content: `${sender.nickname || sender.username}：${plainText(raw)}`, send_msg_device: 0 },
      ...(attachments && { attachments }),
      ...quoteOf(message),
    },
  };
}

/** What became of a message. Such an event has an id of its own. */
function systemEvent(kind: string, { conversationId, seq, sender }: Message, place: BotPlace, more: object) {
  const now = Date.now();
  const body = {
    ...{ msg_id: messageId(conversationId, seq), author_id: String(sender.id) },
    ...{ target_id: String(place.self.id), chat_code: place.code ?? "", ...more },
  };
  const event = {
    ...{ ...envelope(place), type: TYPE.system, author_id: "1", content: "[系统消息]" },
    ...{ msg_id: crypto.randomUUID(), msg_timestamp: now, extra: { type: kind, body } },
  };
  return { kind, body: JSON.stringify(event) };
}

/** How this API writes what a bot is told. */
export const kookFormat: BotFormat = {
  tells: (kind) => kind === "direct",
  message: (message, place) =>
    isShown(message)
      ? { kind: "message", body: JSON.stringify(messageEvent(message, place)), seq: message.seq }
      : null,
  edited: (message, place): BotUpdate => {
    const { content } = shown(message, place.self.id);
    const updated_at = message.editedAt ?? Date.now();
    const event = systemEvent("updated_private_message", message, place, { content, updated_at });
    return { ...event, seq: message.seq };
  },
  revoked: (message, place) =>
    systemEvent("deleted_private_message", message, place, { deleted_at: Date.now() }),
  reactionKind: "private_added_reaction",
  reacted: ({ message, userId, before, after }, place) => {
    const told = (kind: string, key: string) =>
      systemEvent(kind, message, place, { user_id: String(userId), emoji: { id: key, name: key } });
    return [
      ...before.filter((key) => !after.includes(key)).map((key) => told("private_deleted_reaction", key)),
      ...after.filter((key) => !before.includes(key)).map((key) => told("private_added_reaction", key)),
    ];
  },
  tapped: ({ user, data }, message, place) => {
    const card = message && cardOf(message.body);
    const value = card === null ? data : valueIn(readCards(card), data);
    if (!message || value === null) return null;
    const id = String(user.id);
    // A library names the user by the author.
    const clicked = { user_id: id, author_id: id, target_id: id, channel_type: "PERSON" };
    return systemEvent("message_btn_click", message, place, {
      ...clicked,
      user_info: serializeUser(user),
      value,
    });
  },
  // A bot does not come into a direct conversation, or leave it, in the words of this API.
  joined: () => null,
  left: () => null,
  blocked: () => null,
  isWanted: () => true,
};
