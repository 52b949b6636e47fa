import { z } from "zod";
import { flag, listOf, number, text } from "../input/lenient.ts";

/**
 * A file of DiscordChatExporter, one for each channel, as far as it is read.
 * @see https://github.com/Tyrrrz/DiscordChatExporter
 */

const id = z.string().regex(/^\d{1,20}$/);
const time = z.string().transform((value, context) => {
  const ms = Date.parse(value);
  if (!Number.isNaN(ms) && ms >= 0) return ms;
  context.addIssue("is no time");
  return z.NEVER;
});

export const Guild = z.object({ id: text, name: text });
export type Guild = z.infer<typeof Guild>;

export const Channel = z.object({
  id,
  type: z.string(),
  /** of a thread: the channel that it belongs to */
  categoryId: text,
  category: text,
  name: z.string(),
  topic: text,
});
export type Channel = z.infer<typeof Channel>;

const User = z.object({
  id,
  ...{ name: text, nickname: text, avatarUrl: text },
  isBot: z.boolean().nullish(),
});
export type User = z.infer<typeof User>;

const Attachment = z.object({
  id: z.string(),
  url: z.string(),
  fileName: z.string(),
  fileSizeBytes: number,
});
export type Attachment = z.infer<typeof Attachment>;

/** `src/domain/foreign/discord/embeds.ts` reads what it shows. */
const Embed = z.looseObject({ url: text });
export type Embed = z.infer<typeof Embed>;

const Sticker = z.object({ name: text });

export const Message = z.object({
  id,
  type: z.string(),
  timestamp: time,
  timestampEdited: time.nullish(),
  isPinned: flag,
  content: text,
  author: User,
  attachments: listOf(Attachment),
  embeds: listOf(Embed),
  stickers: listOf(Sticker),
  reactions: listOf(
    z.object({ emoji: z.object({ id: text, name: text }), count: number, users: listOf(User) }),
  ),
  mentions: listOf(User),
  reference: z.object({ messageId: text }).nullish().catch(undefined),
  forwardedMessage: z
    .object({ content: text, attachments: listOf(Attachment), embeds: listOf(Embed) })
    .nullish()
    .catch(undefined),
});
export type Message = z.infer<typeof Message>;
