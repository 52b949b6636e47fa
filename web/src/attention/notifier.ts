import type { Chat, ConversationEntry, ServerFrame } from "parley-client";
import { useChat } from "parley-client/react";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { isAttended } from "../lib/attention.ts";
import { nameOf } from "../lib/names.ts";
import { preview } from "../message/preview.ts";
import { useAccount } from "../state/context.ts";
import { go, href, type Route } from "../state/router.ts";
import { toast } from "../ui/toasts.tsx";
import { showBadge } from "./badge.ts";
import { playsSound, showsNotifications } from "./settings.ts";
import { playSound } from "./sound.ts";

/** What is read within this time, in ms, while the user looks at the page is not counted in its title. */
const PATIENCE = 1_000;

type Reminder = Extract<ServerFrame, { type: "reminder" }>;

/** Tells of new messages while the page is open: by title and icon, by notifications, by a sound. */
export function Notifier() {
  const { chat, me } = useAccount();
  const unread = useChat(chat, ({ conversations }) =>
    conversations.reduce(
      (sum, { silent, unread_count: n, mentions }) => sum + (silent ? mentions.length : n),
      0,
    ),
  );
  const latest = useRef(unread);
  latest.current = unread;
  const later = useRef(0);
  useEffect(() => {
    // Who looks at the page mostly reads a message as soon as it comes. Messages without an end are no reason to wait.
    if (unread > 0 && isAttended())
      later.current ||= window.setTimeout(() => {
        later.current = 0;
        showBadge(latest.current);
      }, PATIENCE);
    else showBadge(unread);
  }, [unread]);
  useEffect(
    () => () => {
      clearTimeout(later.current);
      showBadge(0);
    },
    [],
  );
  useEffect(() => {
    const { serviceWorker } = navigator;
    const follow = ({ data }: MessageEvent) => {
      if (typeof data === "string" && data.startsWith("#")) location.hash = data;
    };
    serviceWorker?.addEventListener("message", follow);
    return () => serviceWorker?.removeEventListener("message", follow);
  }, []);
  useEffect(() => {
    const known = new Map(chat.state.conversations.map((entry) => [entry.id, entry.last_seq]));
    // What was unread before the first list of this start is no news.
    let { isListed } = chat.state;
    return chat.subscribe(
      ({ conversations }) => conversations,
      (conversations) => {
        for (const entry of conversations) {
          const before = known.get(entry.id) ?? 0;
          known.set(entry.id, entry.last_seq);
          if (isListed && entry.last_seq > before && isNews(entry, me)) tell(entry);
        }
        isListed = chat.state.isListed;
      },
    );
  }, [chat, me]);
  useEffect(() => chat.onFrame((frame) => frame.type === "reminder" && remind(chat, frame)), [chat]);
  return null;
}

/** Whether the newest message of a conversation calls for the attention of the user, who looks elsewhere. */
function isNews(
  { last_message: last, unread_count: unread, silent, mentions }: ConversationEntry,
  me: number,
) {
  if (!last || last.sender.id === me || unread === 0) return false;
  if (silent && mentions.length === 0) return false;
  return !isAttended();
}

function tell({ id, name, kind, last_message: last }: ConversationEntry): void {
  if (playsSound.value) playSound();
  if (!last) return;
  const text = preview(last);
  const body = kind === "group" ? t("list.sender", { name: nameOf(last.sender), text }) : text;
  // One tag for a conversation: a later notification takes the place of the one before.
  notify(name, { body, tag: `conversation-${id}` }, { view: "conversation", id });
}

/** Tells of a reminder that is due: on the page, and beside it when the user looks elsewhere. */
function remind(chat: Chat, { conversation_id: id, seq, note }: Reminder): void {
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
