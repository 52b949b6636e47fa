import { badgeOf, nextEnd, watchNews } from "parley-client/attention";
import { useChat } from "parley-client/react";
import { useEffect, useRef } from "preact/hooks";
import { nowUntil } from "../lib/until.ts";
import { useAccount } from "../state/context.ts";
import { showBadge } from "./badge.ts";
import { joinTabs } from "./tabs.ts";

/** What is read within this time, in ms, in this tab or another, is not counted in the title. */
const PATIENCE = 1_000;

/** Tells of new messages while the page is open: by title and icon, by notifications, by a sound. */
export function Notifier() {
  const { chat, me } = useAccount();
  const conversations = useChat(chat, (state) => state.conversations);
  const badge = badgeOf(conversations, nowUntil(nextEnd(conversations, Date.now())));
  const latest = useRef(badge);
  const shown = useRef(0);
  latest.current = badge;
  const later = useRef(0);
  useEffect(() => {
    const show = () => {
      later.current = 0;
      shown.current = latest.current;
      showBadge(latest.current);
    };
    // A user who looks at a page mostly reads a message as soon as it comes. In a busy time messages never end:
    // the count does not wait for that.
    if (badge > shown.current) later.current ||= window.setTimeout(show, PATIENCE);
    else show();
  }, [badge]);
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
    const tabs = joinTabs(me);
    const ends = [
      tabs.close,
      watchNews(chat, {
        onNews: (news) => withNews(({ tell }) => tell(chat, tabs, news)),
        onOver: (id) => withNews(({ close }) => close(id)),
      }),
      chat.onFrame((frame) => {
        if (frame.type === "reminder") withNews(({ remind }) => remind(chat, tabs, frame));
      }),
    ];
    return () => {
      for (const end of ends) end();
    };
  }, [chat, me]);
  return null;
}

/** Runs something with what tells of news. The first start does not wait for its code. */
function withNews(run: (news: typeof import("./news.ts")) => Promise<void>): void {
  // The title and the icon count the news all the same.
  import("./news.ts").then(run).catch(() => undefined);
}
