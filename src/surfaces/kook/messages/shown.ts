import { z } from "zod";
import type { Person } from "../../../domain/accounts/person.ts";
import type { ConversationId, Seq, UserId } from "../../../domain/ids.ts";
import { readTip } from "../../../domain/messages/content.ts";
import type { Message } from "../../../domain/messages/message.ts";
import type { ConversationContext } from "../../../domain/sync/message-context.ts";
import { escaped, unescaped } from "../cards.ts";
import { cardOf, kmarkdownOf, MEDIA_TYPES, TYPE } from "../content.ts";
import { identifyNumber, serializeUser } from "../users.ts";
import { type Mentioned, mentionedBy, mentionFields, NOBODY_MENTIONED, withMentions } from "./mentions.ts";

const TextBody = z.object({ text: z.string() });
const Texts = z.object({ description: z.string().optional(), title: z.string().optional() });
const LocationBody = z.object({
  latitude: z.number(),
  longitude: z.number(),
  address: z.string().optional(),
});
const MediaBody = z.object({
  url: z.string(),
  name: z.string().default(""),
  size: z.int().default(0),
  content_type: z.string().default(""),
  width: z.int().optional(),
  height: z.int().optional(),
  duration_ms: z.int().optional(),
  caption: z.string().optional(),
});

/** What a message says, as this API writes it. */
interface Shown {
  type: number;
  content: string;
  /** the text without marks */
  raw: string;
  attachments?: object;
}

/** The id of a message: it names the conversation too, as some calls have nothing else. */
export function messageId(id: ConversationId, seq: Seq): string {
  return `${id}-${seq}`;
}

/** Whether a message is one for this API: system messages are not, unless a backend says something. */
export function isShown({ kind, body, revoked }: Message): boolean {
  return !revoked && (kind !== "tip" || "notice" in readTip(body));
}

/**
 * What a message says. A text of people is KMarkdown with its signs escaped, as KOOK sends what people type.
 * @param self the reader: their own texts are the plain texts that they have sent
 * @param mentioned whose names are mentions in its text
 */
export function shown(message: Message, self: UserId, mentioned = NOBODY_MENTIONED): Shown {
  const { kind, body, sender } = message;
  const kmarkdown = kmarkdownOf(message);
  if (kmarkdown !== null) {
    const content = withMentions(kmarkdown, mentioned, (text) => text);
    return { type: TYPE.kmarkdown, content, raw: unescaped(kmarkdown) };
  }
  const stored: unknown = JSON.parse(body);
  switch (kind) {
    case "text": {
      const { text } = TextBody.parse(stored);
      return sender.id === self
        ? { type: TYPE.text, content: text, raw: text }
        : asKMarkdown(text, mentioned);
    }
    case "image":
    case "audio":
    case "video":
    case "file":
      return mediumOf(kind, MediaBody.parse(stored));
    case "location": {
      const { latitude, longitude, address } = LocationBody.parse(stored);
      return asKMarkdown(`${address ? `${address} ` : ""}(${latitude}, ${longitude})`);
    }
    case "tip": {
      const tip = readTip(body);
      return asKMarkdown("notice" in tip ? tip.notice.text : "");
    }
    case "custom": {
      const card = cardOf(body);
      if (card !== null)
        return { type: TYPE.card, content: card, raw: Texts.parse(stored).description ?? "" };
      return asKMarkdown(Texts.parse(stored).description || kind);
    }
    case "merged":
    case "face":
      return asKMarkdown(Texts.parse(stored).title || kind);
  }
}

function asKMarkdown(text: string, mentioned = NOBODY_MENTIONED): Shown {
  return { type: TYPE.kmarkdown, content: withMentions(text, mentioned, escaped), raw: text };
}

function mediumOf(kind: keyof typeof MEDIA_TYPES, body: z.infer<typeof MediaBody>): Shown {
  const { url, name, size, content_type, width, height, duration_ms, caption } = body;
  const attachments = {
    ...{ type: kind, url, name, file_type: content_type, size },
    ...(width !== undefined && { width }),
    ...(height !== undefined && { height }),
    ...(duration_ms !== undefined && { duration: duration_ms / 1_000 }),
    // KOOK has no captions: it would be lost.
    ...(caption !== undefined && { caption }),
  };
  return { type: MEDIA_TYPES[kind], content: url, raw: caption ?? "", attachments };
}

/** The users whom KMarkdown names, besides its text. Roles and channels are not named here yet. */
export function kmarkdownParts(raw: string, { people }: Mentioned = NOBODY_MENTIONED) {
  return { raw_content: raw, ...mentionParts(people) };
}

/** Users whom a message mentions, as this API describes them. */
function mentionParts(people: readonly Person[]) {
  return {
    mention_part: people.map(({ id, username, nickname, avatar }) => ({
      ...{ id: String(id), username: nickname || username, avatar },
      full_name: `${nickname || username}#${identifyNumber(id)}`,
    })),
    ...{ mention_role_part: [], channel_part: [] },
  };
}

/** The message that another one answers; absent: none. */
export function quoteOf({ conversationId, quote }: Message) {
  if (!quote) return {};
  const { seq, sender, preview, createdAt } = quote;
  const id = messageId(conversationId, seq);
  const about = { type: TYPE.kmarkdown, content: escaped(preview), create_at: createdAt };
  return { quote: { id, rong_id: id, ...about, author: serializeUser(sender) } };
}

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
