import type { Chat, ConversationEntry, LastMessage, Message, ServerFrame } from "parley-client";
import { messageOf, type News, stands } from "parley-client/news";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { preview } from "../message/preview.ts";
import { go, href, type Route } from "../state/router.ts";
import { toast } from "../ui/toasts.tsx";
import { content } from "./choices.ts";
import { naming, silencing } from "./naming.ts";
import { playsSound, showsNotifications } from "./settings.ts";
import { playSound } from "./sound.ts";
import type { Tabs } from "./tabs.ts";

/** the notifications of this page that may still be shown, by their tags */
const shown = new Map<string, Notification>();

/** Tells of what is new in a conversation, by a sound and a notification, if this tab is the one to tell. */
export async function tell(chat: Chat, tabs: Tabs, news: News): Promise<void> {
  if (!(await tabs.mayTell())) return;
  const message = await messageOf(chat, news).catch(() => null);
  const entry = chat.state.conversation(news.conversationId);
  // It may have been read meanwhile.
  if (message === undefined || !entry || !stands(news, entry, Date.now())) return;
  if (silencing.value(entry)) return;
  if (playsSound.value) playSound();
  const { id, kind } = entry;
  const text = message
    ? preview(message)
    : t("list.unread", { n: entry.unread_count + entry.threads_unread });
  const said = content.value === "full" ? text : t("notify.something");
  const body =
    message && kind === "group" ? t("list.sender", { name: nameOf(message.sender), text: said }) : said;
  const about =
    content.value === "none" ? { title: t("notify.something") } : { title: naming.value(entry), body };
  // One tag for a conversation: a later notification takes the place of the one before.
  notify({ ...about, tag: tagOf(id) }, routeTo(entry, message));
}

/** Closes the notification of a conversation, which calls for the user no more. */
export async function close(id: number): Promise<void> {
  const tag = tagOf(id);
  shown.get(tag)?.close();
  shown.delete(tag);
  const worker = await navigator.serviceWorker?.getRegistration();
  for (const notification of (await worker?.getNotifications({ tag })) ?? []) notification.close();
}

/** Tells of a reminder that is due: on the page, and beside it when the user looks elsewhere. */
export async function remind(
  chat: Chat,
  tabs: Tabs,
  { conversation_id: id, seq, note }: Extract<ServerFrame, { type: "reminder" }>,
): Promise<void> {
  const text = note || t("saved.inConversation", { name: chat.state.conversation(id)?.name ?? "" });
  toast(t("saved.isDue", { text }));
  if (!(await tabs.mayTell())) return;
  if (playsSound.value) playSound();
  const about = content.value === "full" ? { body: text } : {};
  notify({ title: t("save.remind"), ...about, tag: `reminder-${id}-${seq}` }, { view: "saved" });
}

function tagOf(id: number): string {
  return `conversation-${id}`;
}

/** Where a message is read: of a thread-only reply, its thread. */
function routeTo({ id }: ConversationEntry, message: LastMessage | Message | null): Route {
  const thread = message && "thread" in message && message.thread;
  return {
    ...({ view: "conversation", id } as const),
    ...(thread && !thread.also_in_main && { thread: thread.root }),
  };
}

/** Shows a notification that leads to a view, if the user wants them. */
function notify(about: { title: string; body?: string; tag: string }, to: Route): void {
  if (!showsNotifications.value || !("Notification" in window) || Notification.permission !== "granted")
    return;
  const { title, ...shows } = about;
  const options = { ...shows, icon: "/icons/icon.svg", data: href(to) };
  try {
    const notification = new Notification(title, options);
    shown.set(options.tag, notification);
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
