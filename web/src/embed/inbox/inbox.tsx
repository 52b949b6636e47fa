import type { ChatState, ConversationEntry } from "parley-client";
import { attentionOf, badgeOf } from "parley-client/attention";
import { useChat } from "parley-client/react";
import { graphemes } from "parley-react/text";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { short } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { Time } from "../../i18n/time.tsx";
import { nameOf } from "../../lib/names.ts";
import { isFrom, sized } from "../../lib/origin.ts";
import { nowUntil } from "../../lib/time/until.ts";
import { noticeOf, noticeText } from "../../message/notice.ts";
import { preview } from "../../message/preview.ts";
import { ChatView } from "../chat-view.tsx";
import { useHost, useUnread } from "../host.ts";
import styles from "./inbox.css";

export { styles };

/** The keys that lead from row to row, and by how many. */
const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

interface Props {
  /** the conversation that the page has named; 0: none */
  named: number;
  /** the id of the space whose channels are listed alone, as the page has written it; null: all are listed */
  space: string | null;
}

/** The conversations of a user beside the chosen one; where there is little room, one of both. */
export function View({ named, space }: Props) {
  const { chat, tell } = useHost();
  const listed = ({ conversations }: ChatState) =>
    space === null
      ? conversations
      : conversations.filter((one) => one.kind === "group" && `${one.space_id}` === space);
  const entries = useChat(chat, listed);
  const isListed = useChat(chat, (state) => state.isListed);
  const [id, setId] = useState(named);
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLUListElement>(null);
  const wasReady = useRef(false);
  /** the conversation that the user has just left */
  const left = useRef<number | undefined>(undefined);
  useUnread((state) => ({
    count: badgeOf(listed(state), Date.now()),
    mentions: listed(state).reduce((sum, { mentions }) => sum + mentions.length, 0),
  }));
  useEffect(() => setId(named), [named]);
  useEffect(() => {
    if (!isListed || wasReady.current) return;
    wasReady.current = true;
    tell("parley-ready", undefined);
  }, [isListed]);
  const rows = () => [...(list.current?.querySelectorAll("button") ?? [])];
  const open = (now: number) => {
    setId(now);
    tell("parley-open", { conversation: now || undefined, thread: undefined });
    left.current = id;
  };
  // Where one of both is shown, the focus would go with the other one.
  useLayoutEffect(() => {
    if (left.current === undefined) return;
    if (!id) rows()[entries.findIndex((entry) => entry.id === left.current)]?.focus();
    else if (!list.current?.offsetParent) box.current?.querySelector<HTMLElement>(".back")?.focus();
    left.current = undefined;
  }, [id]);
  const reached = entries.some((entry) => entry.id === id) ? id : entries[0]?.id;
  return (
    <div ref={box} class="inbox" data-open={id > 0}>
      <nav class="list" part="list" aria-label={t("list.title")}>
        <header part="header">
          <h2>{t("list.title")}</h2>
        </header>
        {isListed && entries.length === 0 && <p class="edge">{t("embed.noConversations")}</p>}
        <ul
          ref={list}
          onKeyDown={(event) => {
            const step = STEPS[event.key];
            if (step === undefined) return;
            event.preventDefault();
            const all = rows();
            const at = all.findIndex((row) => row.matches(":focus"));
            all[Math.min(Math.max(at + step, 0), all.length - 1)]?.focus();
          }}
        >
          {entries.map((entry) => (
            <Row
              key={entry.id}
              entry={entry}
              isChosen={entry.id === id}
              isReached={entry.id === reached}
              onOpen={() => open(entry.id)}
            />
          ))}
        </ul>
      </nav>
      {id > 0 ? (
        <ChatView key={id} id={id} onBack={() => open(0)} />
      ) : (
        <p class="choose edge">{t("embed.choose")}</p>
      )}
    </div>
  );
}

interface RowProps {
  entry: ConversationEntry;
  isChosen: boolean;
  /** whether Tab reaches it */
  isReached: boolean;
  onOpen: () => void;
}

/** A conversation in the list. */
function Row({ entry, isChosen, isReached, onOpen }: RowProps) {
  const { origin } = useHost();
  const { name, avatar, last_message: last } = entry;
  const { unread, isMentioned, isMuted } = attentionOf(entry, nowUntil(entry.muted_until));
  return (
    <li>
      <button
        type="button"
        class="row"
        part={isChosen ? "row chosen" : "row"}
        tabIndex={isReached ? 0 : -1}
        aria-current={isChosen ? "true" : undefined}
        onClick={onOpen}
      >
        <span class="avatar" part="avatar" aria-hidden="true">
          {isFrom(avatar, origin) ? (
            <img src={sized(avatar, "s", origin)} alt="" loading="lazy" />
          ) : (
            graphemes(name.trim())[0]
          )}
        </span>
        <bdi class="name">{name}</bdi>
        {last && <Time at={last.created_at} as={short} />}
        <span class="preview">
          <Summary entry={entry} />
        </span>
        {(unread > 0 || isMentioned) && (
          <span class="badge" part="badge" data-silent={isMuted && !isMentioned}>
            <span aria-hidden="true">
              {isMentioned && "@"}
              {unread > 0 && unread}
            </span>
            <span class="hidden">
              {isMentioned && t("list.mentioned")} {unread > 0 && t("list.unread", { n: unread })}
            </span>
          </span>
        )}
      </button>
    </li>
  );
}

/** The newest message, in a line. */
function Summary({ entry: { kind, last_message: last } }: Pick<RowProps, "entry">) {
  const { state } = useHost().chat;
  if (!last) return <>{t("list.quiet")}</>;
  const notice = noticeOf(last);
  const text = notice
    ? noticeText(notice, state.me, (id) => {
        const user = state.user(id);
        return user && nameOf(user);
      })
    : preview(last);
  if (notice || (kind === "direct" && last.sender.id !== state.me)) return <>{text}</>;
  if (last.sender.id === state.me) return <>{t("list.you", { text })}</>;
  return <>{t("list.sender", { name: nameOf(last.sender), text })}</>;
}
