import type { Chat, ChatState } from "parley-client";
import { t } from "../i18n/i18n.ts";
import { stored } from "../lib/stored.ts";
import { toast } from "../ui/toasts.tsx";
import { showNotifications } from "./settings.ts";

/** How long the offer stays, in ms. */
const SHOWN = 30_000;

/** Whether this browser's user was asked. */
const asked = stored("notify-asked", (value) => (value === true ? value : null));

/**
 * Offers notifications once, after the first message that the user writes: by then somebody may answer.
 * @param since when the page began: the message may be there before this code
 * @returns ends it
 */
export function offerNotifications(chat: Chat, me: number, since: number): () => void {
  if (!("Notification" in window) || Notification.permission !== "default" || asked.read()) return () => {};
  const look = (now: ChatState["conversations"]) => {
    if (!now.some(({ last_message: last }) => last?.sender.id === me && last.created_at > since)) return;
    end();
    if (asked.read()) return;
    asked.write(true);
    toast(t("notify.offer"), { label: t("notify.turnOn"), run: () => void showNotifications(true) }, SHOWN);
  };
  const end = chat.subscribe((state) => state.conversations, look);
  look(chat.state.conversations);
  return end;
}
