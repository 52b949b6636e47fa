import { z } from "zod";
import type { Person } from "../../../domain/accounts/person.ts";
import type { BotPlace } from "../../../domain/bots/bot-update.ts";
import type { ConversationId, Seq, UserId } from "../../../domain/ids.ts";
import { readTip } from "../../../domain/messages/content.ts";
import type { Message } from "../../../domain/messages/message.ts";
import type { ConversationContext } from "../../../domain/sync/message-context.ts";
import { cardOf, kmarkdownOf, MEDIA_TYPES, TYPE } from "../content.ts";
import { escaped, unescaped } from "../kmarkdown.ts";
import { serializeUser } from "./users.ts";

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
 */
export function shown(message: Message, self: UserId): Shown {
  const { kind, body, sender } = message;
  const kmarkdown = kmarkdownOf(message);
  if (kmarkdown !== null) return { type: TYPE.kmarkdown, content: kmarkdown, raw: unescaped(kmarkdown) };
  const stored: unknown = JSON.parse(body);
  switch (kind) {
    case "text": {
      const { text } = TextBody.parse(stored);
      return sender.id === self ? { type: TYPE.text, content: text, raw: text } : asKMarkdown(text);
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

function asKMarkdown(text: string): Shown {
  return { type: TYPE.kmarkdown, content: escaped(text), raw: text };
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

/** What KMarkdown names besides its text. Here it names nothing. */
export function kmarkdownParts(raw: string) {
  return { raw_content: raw, mention_part: [], mention_role_part: [], channel_part: [] };
}

/** The message that another one answers; absent: none. */
export function quoteOf({ conversationId, quote }: Message, place: Pick<BotPlace, "self" | "peer">) {
  if (!quote) return {};
  const { seq, senderId, preview, createdAt } = quote;
  const id = messageId(conversationId, seq);
  const author = serializeUser(personOf(senderId, place));
  const about = { type: TYPE.kmarkdown, content: escaped(preview), create_at: createdAt, author };
  return { quote: { id, rong_id: id, ...about } };
}

/** The user with an id: of a direct conversation both are known. */
function personOf(id: UserId, { self, peer }: Pick<BotPlace, "self" | "peer">): Person {
  if (id === self.id) return self;
  return peer && id === peer.id ? peer : { id, username: "", nickname: "", avatar: "" };
}

/** A message in a list, or alone. */
export function serializeMessage(message: Message, context: ConversationContext) {
  const { conversationId, seq, sender, createdAt, editedAt = 0, reactions = [], mine = [] } = message;
  const { self, peerRead } = context;
  const { type, content, raw, attachments } = shown(message, self.id);
  // What the caller is shown here is read by them.
  const isRead = sender.id !== self.id || (peerRead?.readSeq ?? 0) >= seq;
  return {
    ...{ id: messageId(conversationId, seq), type, content, author_id: String(sender.id) },
    ...{ author: serializeUser(sender), embeds: [], attachments: attachments ?? [] },
    reactions: reactions.map(({ key, count }) => ({
      emoji: { id: key, name: key },
      ...{ count, me: mine.some((own) => own === key) },
    })),
    ...{ quote: null, ...quoteOf(message, context) },
    ...{ read_status: isRead, create_at: createdAt, updated_at: editedAt, image_name: "" },
    mention_info: { mention_part: [], mention_role_part: [], channel_part: [] },
    ...(type === TYPE.kmarkdown && { kmarkdown: kmarkdownParts(raw) }),
  };
}
