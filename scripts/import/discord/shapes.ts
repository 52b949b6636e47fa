import { z } from "zod";

/**
 * A file of DiscordChatExporter, one for each channel, as far as it is read.
 * @see https://github.com/Tyrrrz/DiscordChatExporter
 */

const text = z.string().nullish();
const id = z.string().regex(/^\d{1,20}$/);
const time = z.string().transform((value, context) => {
  const ms = Date.parse(value);
  if (!Number.isNaN(ms) && ms >= 0) return ms;
  context.addIssue("is no time");
  return z.NEVER;
});

export const Guild = z.object({ name: text });
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
  fileSizeBytes: z.number().nullish(),
});
export type Attachment = z.infer<typeof Attachment>;

const Embed = z.object({
  ...{ title: text, url: text, description: text },
  author: z.object({ name: text }).nullish(),
  fields: z.array(z.object({ name: text, value: text })).nullish(),
});
export type Embed = z.infer<typeof Embed>;

const Sticker = z.object({ name: text });

export const Message = z.object({
  id,
  type: z.string(),
  timestamp: time,
  timestampEdited: time.nullish(),
  isPinned: z.boolean().nullish(),
  content: text,
  author: User,
  attachments: z.array(Attachment).nullish(),
  embeds: z.array(Embed).nullish(),
  stickers: z.array(Sticker).nullish(),
  reactions: z
    .array(
      z.object({
        emoji: z.object({ id: text, name: text }),
        count: z.number().nullish(),
        users: z.array(User).nullish(),
      }),
    )
    .nullish(),
  mentions: z.array(User).nullish(),
  reference: z.object({ messageId: text }).nullish(),
  forwardedMessage: z
    .object({ content: text, attachments: z.array(Attachment).nullish(), embeds: z.array(Embed).nullish() })
    .nullish(),
});
export type Message = z.infer<typeof Message>;
