import type { Chat } from "parley-client";
import { watchNews } from "parley-client/news";
import { followBadge } from "./badge.ts";
import { close, remind, tell } from "./news.ts";
import { offerNotifications } from "./offer.ts";
import { followPushes } from "./push.ts";
import { joinTabs } from "./tabs.ts";

/** Tells a user of what is new, by title and icon, by notifications, by a sound. @returns ends it */
export function announce(chat: Chat, me: number): () => void {
  const tabs = joinTabs(me);
  const { serviceWorker } = navigator;
  const follow = ({ data }: MessageEvent) => {
    if (typeof data === "string" && data.startsWith("#")) location.hash = data;
  };
  serviceWorker?.addEventListener("message", follow);
  const ends = [
    tabs.close,
    followBadge(chat),
    offerNotifications(chat, me),
    followPushes(chat),
    watchNews(chat, {
      onNews: (news) => void tell(chat, tabs, news),
      onOver: (id) => void close(id),
    }),
    chat.onFrame((frame) => {
      if (frame.type === "reminder") void remind(chat, tabs, frame);
    }),
    () => serviceWorker?.removeEventListener("message", follow),
  ];
  return () => {
    for (const end of ends) end();
  };
}
