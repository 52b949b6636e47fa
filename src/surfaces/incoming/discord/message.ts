import { z } from "zod";
import type { Message } from "../../../domain/messages/message.ts";
import { isoTime } from "../../../lib/stored-time.ts";

const Body = z.object({
  ...{ text: z.string().optional(), caption: z.string().optional(), url: z.string().optional() },
  ...{ name: z.string().optional(), size: z.int().optional(), content_type: z.string().optional() },
  ...{ width: z.int().optional(), height: z.int().optional() },
});
const bodyOf = ({ body }: Message) => Body.parse(JSON.parse(body));

/**
 * A message of a webhook as Discord shows it, as far as it has what Discord has: its embeds are text of its
 * content. Its id is its seq.
 * @param further messages of further files, whose attachments it has in the answer to a post
 */
export function serializeMessage(message: Message, webhook: string, further: Message[] = []): object {
  const { conversationId, seq, createdAt, editedAt, sender } = message;
  const { text, caption = "" } = bodyOf(message);
  return {
    ...{ id: String(seq), type: 0, channel_id: String(conversationId), webhook_id: webhook },
    content: text ?? caption,
    timestamp: isoTime(createdAt),
    edited_timestamp: editedAt ? isoTime(editedAt) : null,
    author: { id: webhook, username: sender.nickname, avatar: null, bot: true, discriminator: "0000" },
    ...{ tts: false, mention_everyone: false, pinned: false, flags: 0 },
    ...{ mentions: [], mention_roles: [], embeds: [], components: [] },
    attachments: [message, ...further].flatMap(attachmentsOf),
  };
}

/** The file of a message, whose id is that of the message. */
function attachmentsOf(message: Message): object[] {
  const { url, name = "file", size = 0, content_type, width, height } = bodyOf(message);
  if (url === undefined) return [];
  const sizes = width && height ? { width, height } : {};
  return [{ id: String(message.seq), filename: name, size, url, proxy_url: url, content_type, ...sizes }];
}
