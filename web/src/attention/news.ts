import type { Chat, ConversationEntry, ServerFrame } from "parley-client";
import { t } from "../i18n/i18n.ts";
import { isAttended } from "../lib/attention.ts";
import { nameOf } from "../lib/names.ts";
import { preview } from "../message/preview.ts";
import { go, href, type Route } from "../state/router.ts";
import { toast } from "../ui/toasts.tsx";
import { playsSound, showsNotifications } from "./settings.ts";
import { playSound } from "./sound.ts";

/** Tells of the newest message of a conversation, by a sound and a notification. */
export function tell({ id, name, kind, last_message: last }: ConversationEntry): void {
  if (playsSound.value) playSound();
  if (!last) return;
  const text = preview(last);
  const body = kind === "group" ? t("list.sender", { name: nameOf(last.sender), text }) : text;
  // One tag for a conversation: a later notification takes the place of the one before.
  notify(name, { body, tag: `conversation-${id}` }, { view: "conversation", id });
}

/** Tells of a reminder that is due: on the page, and beside it when the user looks elsewhere. */
export function remind(
  chat: Chat,
  { conversation_id: id, seq, note }: Extract<ServerFrame, { type: "reminder" }>,
): void {
  const text = note || t("saved.inConversation", { name: chat.state.conversation(id)?.name ?? "" });
  toast(t("saved.isDue", { text }));
  if (isAttended()) return;
  if (playsSound.value) playSound();
  notify(t("save.remind"), { body: text, tag: `reminder-${id}-${seq}` }, { view: "saved" });
}

/** Shows a notification that leads to a view, if the user wants them. */
function notify(title: string, about: NotificationOptions, to: Route): void {
  if (!showsNotifications.value || Notification.permission !== "granted") return;
  const options = { ...about, icon: "/icons/icon.svg", data: href(to) };
  try {
    const notification = new Notification(title, options);
    notification.onclick = () => {
      window.focus();
      go(to);
      notification.close();
    };
  } catch {
    // Chromium on Android shows those of a service worker alone, which then leads to the view.
    void navigator.serviceWorker?.ready.then((worker) => worker.showNotification(title, options));
  }
}
