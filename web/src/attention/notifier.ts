import type { ConversationEntry } from "parley-client";
import { useChat } from "parley-client/react";
import { useEffect, useRef } from "preact/hooks";
import { isAttended } from "../lib/attention.ts";
import { useAccount } from "../state/context.ts";
import { showBadge } from "./badge.ts";

/** What is read within this time, in ms, while the user looks at the page is not counted in its title. */
const PATIENCE = 1_000;

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
    // A user who looks at the page mostly reads a message as soon as it comes. In a busy time messages never
    // end: the count does not wait for that.
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
          if (isListed && entry.last_seq > before && isNews(entry, me)) withNews(({ tell }) => tell(entry));
        }
        isListed = chat.state.isListed;
      },
    );
  }, [chat, me]);
  useEffect(
    () =>
      chat.onFrame((frame) => {
        if (frame.type === "reminder") withNews(({ remind }) => remind(chat, frame));
      }),
    [chat],
  );
  return null;
}

/** Runs something with what tells of news. The first start does not wait for its code. */
function withNews(run: (news: typeof import("./news.ts")) => void): void {
  // The title and the icon count the news all the same.
  import("./news.ts").then(run).catch(() => undefined);
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
