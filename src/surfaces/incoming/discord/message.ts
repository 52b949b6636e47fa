import { z } from "zod";
import type { Message } from "../../../domain/messages/message.ts";
import { isoTime } from "../../../lib/stored-time.ts";

const Body = z.object({ text: z.string() });

/**
 * A message of a webhook as Discord shows it, as far as it has what Discord has: its embeds are text of its
 * content. Its id is its seq.
 */
export function serializeMessage(message: Message, webhook: string): object {
  const { conversationId, seq, createdAt, editedAt, sender, body } = message;
  return {
    ...{ id: String(seq), type: 0, channel_id: String(conversationId), webhook_id: webhook },
    content: Body.parse(JSON.parse(body)).text,
    timestamp: isoTime(createdAt),
    edited_timestamp: editedAt ? isoTime(editedAt) : null,
    author: { id: webhook, username: sender.nickname, avatar: null, bot: true, discriminator: "0000" },
    ...{ tts: false, mention_everyone: false, pinned: false, flags: 0 },
    ...{ mentions: [], mention_roles: [], attachments: [], embeds: [], components: [] },
  };
}
