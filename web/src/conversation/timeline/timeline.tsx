import type { ConversationWindow, WindowView } from "parley-client";
import { useChat } from "parley-client/react";
import { daysOf, followsOwn } from "parley-react";
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { onAttention } from "../../lib/attention.ts";
import { zone } from "../../lib/clock.ts";
import { MessageRow } from "../../message/message-row.tsx";
import { PendingRow } from "../../message/pending-row.tsx";
import { useAccount } from "../../state/context.ts";
import { reason } from "../../state/problem.ts";
import { Boundary } from "../../ui/missing/boundary.tsx";
import { NoticeRow } from "../notices/notice-row.tsx";
import { ReadMark } from "../reads/read-mark.tsx";
import { useReceipts } from "../reads/use-receipts.ts";
import { Announcer } from "./announcer.tsx";
import { DayHeading } from "./day-heading.tsx";
import { NewMessagesBar, ToNewest } from "./guides.tsx";
import { Pilot } from "./pilot.ts";
import { useNavigation } from "./use-navigation.ts";

interface Props {
  /** the conversation */
  id: number;
  view: WindowView;
  window: ConversationWindow | undefined;
}

/** The messages of a conversation: of all that is loaded, the rows near to what the user sees. */
export function Timeline({ id, view, window }: Props) {
  const { chat, me } = useAccount();
  const entry = useChat(chat, (state) => state.conversation(id));
  const isLive = useChat(chat, ({ connection }) => connection === "live");
  const [, render] = useReducer((count: number) => count + 1, 0);
  const pilot = useMemo(
    () =>
      new Pilot(
        () => render(undefined),
        // Without it the user is at the place at least.
        (seq) => void import("./missing.ts").then(({ findMissing }) => findMissing(chat, id, seq), noop),
      ),
    [chat, id],
  );
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);

  useEffect(() => onAttention(() => pilot.look()), [pilot]);
  useLayoutEffect(
    () => (box.current && list.current ? pilot.mount(box.current, list.current) : undefined),
    [pilot],
  );
  useNavigation(pilot, window);
  useEnd(id, pilot);
  useLayoutEffect(() => {
    if (window) pilot.rendered({ window, view, entry });
  });

  const { messages, pending, hasOlder, hasNewer, isLoading, problem } = view;
  const [start, end] = pilot.extent(view);
  const firstUnread = pilot.unread.find(messages, hasOlder, me);
  const days = useMemo(
    () => daysOf(messages, start, end, firstUnread),
    [messages, start, end, firstUnread, zone.value],
  );
  const lastOwn = useMemo(
    () => messages.findLast(({ sender, kind }) => sender.id === me && kind !== "tip")?.seq,
    [messages, me],
  );
  const receipts = useReceipts(id, lastOwn !== undefined);
  const isEmpty = messages.length === 0 && pending.length === 0;
  const isComplete = end === messages.length && !hasNewer;
  const retry = () => {
    if (messages.length === 0) void window?.fill();
    else if (hasNewer && end === messages.length) void window?.newer();
    else void window?.older();
  };

  return (
    <div class="timeline">
      <NewMessagesBar pilot={pilot} />
      <div
        ref={box}
        class="scroller"
        // Its rows get the focus, and the keys.
        tabIndex={-1}
        onScroll={() => pilot.scrolled()}
      >
        {!isEmpty && (
          <p class="timeline-edge">
            {!hasOlder && start === 0 ? t("conversation.beginning") : isLoading && t("conversation.loading")}
          </p>
        )}
        {isEmpty && !problem && (entry || !isLive) && (
          <p class="blank">{t(isLoading || hasOlder ? "conversation.loading" : "timeline.empty")}</p>
        )}
        <ol
          ref={list}
          class="messages"
          aria-label={t("conversation.messages")}
          onKeyDown={pilot.onKeyDown}
          onFocusIn={pilot.roving.onFocusIn}
          onFocusOut={pilot.roving.onFocusOut}
        >
          {days.map(({ at, rows }) => (
            <li key={new Date(at).toDateString()} class="day-group">
              <DayHeading at={at} id={id} />
              <ol>
                {rows.flatMap(({ message, isTogether, isFirstUnread }) => [
                  isFirstUnread && (
                    <li key="unread" class="unread-mark">
                      <span>{t("timeline.unread")}</span>
                    </li>
                  ),
                  <Boundary key={message.seq} of={message} row="notice" seq={message.seq}>
                    {message.kind === "tip" ? (
                      <NoticeRow message={message} />
                    ) : (
                      <MessageRow
                        message={message}
                        isOwn={message.sender.id === me}
                        isTogether={isTogether}
                        // Of two people everybody knows who has written.
                        isNamed={!isTogether && entry?.kind !== "direct"}
                        heading={undefined}
                      />
                    )}
                  </Boundary>,
                  message.seq === lastOwn && entry && (
                    <ReadMark key="reads" seq={message.seq} kind={entry.kind} receipts={receipts} />
                  ),
                ])}
              </ol>
            </li>
          ))}
          {isComplete && pending.length > 0 && (
            <li key="pending" class="day-group">
              <ol>
                {pending.map((item, i) => (
                  <Boundary key={item.client_msg_id} row="notice">
                    <PendingRow item={item} isTogether={i > 0 || followsOwn(messages.at(-1), item, me)} />
                  </Boundary>
                ))}
              </ol>
            </li>
          )}
        </ol>
        {problem && (
          <p class="timeline-problem" role="alert">
            {reason(problem)}{" "}
            <button class="link" type="button" onClick={retry}>
              {t("action.retry")}
            </button>
          </p>
        )}
      </div>
      <ToNewest pilot={pilot} id={id} unread={entry?.unread_count ?? 0} />
      <Announcer id={id} />
    </div>
  );
}

function noop(): void {}

/** What the user sends is at the end: the timeline goes there, and what was new is so no more. */
function useEnd(id: number, pilot: Pilot): void {
  const { chat } = useAccount();
  const newest = useChat(chat, (state) => Math.max(0, ...state.outbox(id).map((item) => item.created_at)));
  const before = useRef(Date.now());
  useEffect(() => {
    if (newest <= before.current) return;
    before.current = newest;
    pilot.unread.end();
    pilot.goTo({ to: "end" });
  }, [newest, pilot]);
}
