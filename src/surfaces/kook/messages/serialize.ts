import type { Person } from "../../../domain/accounts/person.ts";
import type { Message } from "../../../domain/messages/message.ts";
import type { ConversationContext } from "../../../domain/sync/message-context.ts";
import { TYPE } from "../content.ts";
import { serializeUser } from "../users.ts";
import { mentionedBy, mentionFields } from "./mentions.ts";
import { kmarkdownParts, mentionParts, messageId, quoteOf, shown } from "./shown.ts";

/** A message in a list, or alone. @param people the users whom it may mention */
export function serializeMessage(message: Message, context: ConversationContext, people: readonly Person[]) {
  const { conversationId, seq, sender, createdAt, editedAt = 0, reactions = [], mine = [] } = message;
  const { self, peerRead, spaceId } = context;
  const mentioned = mentionedBy(message, people);
  const { type, content, raw, attachments } = shown(message, self.id, mentioned);
  // What the caller is shown here is read by them.
  const isRead = sender.id !== self.id || (peerRead?.readSeq ?? 0) >= seq;
  return {
    ...{ id: messageId(conversationId, seq), type, content, author_id: String(sender.id) },
    ...(spaceId !== undefined && {
      ...{ channel_id: String(conversationId), guild_id: String(spaceId), ...mentionFields(message) },
    }),
    ...{ author: serializeUser(sender), embeds: [], attachments: attachments ?? [] },
    reactions: reactions.map(({ key, count }) => ({
      emoji: { id: key, name: key },
      ...{ count, me: mine.some((own) => own === key) },
    })),
    ...{ quote: null, ...quoteOf(message) },
    ...{ read_status: isRead, create_at: createdAt, updated_at: editedAt, image_name: "" },
    mention_info: mentionParts(mentioned.people),
    ...(type === TYPE.kmarkdown && { kmarkdown: kmarkdownParts(raw, mentioned) }),
  };
}
