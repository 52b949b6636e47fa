import type { Chat, OutboxItem } from "parley-client";
import { withdraw } from "parley-client/held";
import { t } from "../../i18n/i18n.ts";
import { isOnline } from "../../lib/system/online.ts";
import { reason } from "../../state/problem.ts";

/**
 * Drops a message that has failed. What waits for a moderator is taken back.
 * @returns what to tell the user; empty: nothing
 */
export async function drop(chat: Chat, item: OutboxItem): Promise<string> {
  if (item.code !== "held") return chat.discard(item.client_msg_id) ? "" : t("message.tooLate");
  if (!isOnline.value) return t("message.held.offline");
  return withdraw(chat, item).then((outcome) => t(`message.held.${outcome}`), reason);
}
