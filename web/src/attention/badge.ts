import { effect, signal } from "@preact/signals";
import type { Chat } from "parley-client";
import { badgeOf, nextEnd } from "parley-client/attention";
import { BRAND } from "../lib/brand.ts";
import { nowUntil } from "../lib/time/until.ts";

const ICON = "/icons/icon.svg";
const BADGED = "/icons/icon-unread.svg";

/** What is read within this time, in ms, in this tab or another, is not counted. */
const PATIENCE = 1_000;

/** Shows in the title, the icon and the app's badge how many messages call for the user. @returns ends it */
export function followBadge(chat: Chat): () => void {
  const conversations = signal(chat.state.conversations);
  let shown = 0;
  let badge = 0;
  let later: ReturnType<typeof setTimeout> | undefined;
  const show = () => {
    clearTimeout(later);
    later = undefined;
    shown = badge;
    showBadge(badge);
  };
  const ends = [
    chat.subscribe(
      (state) => state.conversations,
      (now) => {
        conversations.value = now;
      },
    ),
    effect(() => {
      const entries = conversations.value;
      badge = badgeOf(entries, nowUntil(nextEnd(entries, Date.now())));
      // A user who looks at a page mostly reads a message as soon as it comes. In a busy time messages never
      // end: the count does not wait for that.
      if (badge > shown) later ??= setTimeout(show, PATIENCE);
      else show();
    }),
  ];
  return () => {
    for (const end of ends) end();
    badge = 0;
    show();
  };
}

function showBadge(unread: number): void {
  document.title = unread > 0 ? `(${unread > 99 ? "99+" : unread}) ${BRAND}` : BRAND;
  document.querySelector('link[rel="icon"]')?.setAttribute("href", unread > 0 ? BADGED : ICON);
  if (!("setAppBadge" in navigator)) return;
  const app = unread > 0 ? navigator.setAppBadge(unread) : navigator.clearAppBadge();
  // A page that is not installed may have no badge.
  app.catch(() => {});
}
