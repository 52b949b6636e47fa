import type { Chat } from "parley-client";
import { watchNews } from "parley-client/news";
import { followLive } from "../conversation/live/live.ts";
import { offerShared } from "../conversation/share/offer-shared.tsx";
import { refuseDrops } from "../lib/system/drops.ts";
import { sendAnswers } from "./answers.ts";
import { followBadge } from "./badge.ts";
import { choices, forgetChoices, isWanted, loadChoices } from "./choices.ts";
import { close, remind, tell } from "./news.ts";
import { offerNotifications } from "./offer.ts";
import { followPushes } from "./push.ts";
import { joinTabs } from "./tabs.ts";

/**
 * Tells a user of what is new, by title and icon, by notifications, by a sound.
 * @param since when the page began for this user
 * @returns ends it
 */
export function announce(chat: Chat, me: number, since: number): () => void {
  const tabs = joinTabs(me);
  const { serviceWorker } = navigator;
  const follow = ({ data }: MessageEvent) => {
    if (data === "answers") void answer();
    else if (typeof data === "string" && data.startsWith("#")) location.hash = data;
  };
  // What cannot be sent now is sent at the next start.
  const answer = () => sendAnswers(chat, me).catch(() => {});
  void answer();
  // Some private windows refuse the Cache API.
  offerShared(me).catch(() => {});
  if (navigator.maxTouchPoints > 0) void followFingers();
  serviceWorker?.addEventListener("message", follow);
  // Until they have come the user hears of everything. A page that starts without a connection asks with it.
  const learn = () => {
    if (chat.state.connection === "live" && !choices.peek()) loadChoices(chat).catch(() => {});
  };
  learn();
  const ends = [
    tabs.close,
    followBadge(chat),
    offerNotifications(chat, me, since),
    followPushes(chat),
    followLive(chat),
    chat.subscribe(({ connection }) => connection, learn),
    forgetChoices,
    refuseDrops(),
    watchNews(chat, {
      onNews: (news) => {
        if (isWanted(chat, news, Date.now())) void tell(chat, tabs, news);
      },
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

/** What follows fingers is for devices that have them. A page that cannot load it has links and menus. */
async function followFingers(): Promise<void> {
  const { swipeBack } = await import("../conversation/swipes/swipe-back.ts").catch(() => ({
    swipeBack: undefined,
  }));
  const shell = document.querySelector<HTMLElement>(".shell");
  if (shell) swipeBack?.(shell);
}
