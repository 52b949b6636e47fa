import type { ConversationWindow, Message, WindowView } from "parley-client";
import { People } from "parley-client/people";
import { isAttended, onAttention } from "parley-react/timeline";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import { isSameDay } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { noticeOf } from "../message/notice.ts";
import { RowBoundary } from "../ui/missing/row-boundary.tsx";
import { useHost } from "./host.ts";
import { PendingItem, StoredItem } from "./items.tsx";
import { NoticeItem } from "./notice-item.tsx";

/** Older messages are loaded when so much is left above, in px. */
const AHEAD = 400;
/** The user is at the end when at most so much is below, in px. */
const NEAR = 24;

interface Props {
  view: WindowView;
  window: ConversationWindow;
  /** what stands above the first message that is loaded */
  edge: string;
  /** the user has seen the newest messages */
  read: () => void;
  /** whether a thread can be begun */
  hasThreads?: boolean;
  /** opens the thread of a message; absent: these are the messages of one */
  onThread?: (root: Message) => void;
  /** what stands above them */
  children?: ComponentChildren;
}

/** The messages, the newest at the end. What is on screen there is read while the user looks at it. */
export function Messages({ view, window, edge, read, hasThreads = false, onThread, children }: Props) {
  const { chat } = useHost();
  const { messages, pending, hasOlder, isLoading, problem } = view;
  const box = useRef<HTMLDivElement>(null);
  /** how much is below what the user sees, in px */
  const below = useRef(0);
  const oldest = useRef(0);
  const isOnScreen = useRef(false);

  /** Loads, reads and forgets messages as the place on screen asks for. To be called at each change. */
  const settle = () => {
    if (!box.current) return;
    if (box.current.scrollTop < AHEAD && hasOlder && !isLoading && !problem) void window.older();
    if (below.current > NEAR) return;
    window.trim();
    // The observer tells only with the next frame that the element is hidden, and never that a thread is
    // in front.
    const isVisible = box.current.clientHeight > 0 && getComputedStyle(box.current).visibility === "visible";
    if (isOnScreen.current && isVisible && isAttended()) read();
  };
  const latest = useRef(settle);
  latest.current = settle;

  const first = messages[0]?.seq ?? 0;
  useLayoutEffect(() => {
    if (!box.current) return;
    // What the user looks at stays where it is when rows come above, and the end stays the end.
    if (below.current <= NEAR) toEnd(box.current);
    else if (first < oldest.current) toEnd(box.current, below.current);
    else below.current = belowOf(box.current);
    oldest.current = first;
    settle();
  });

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const sight = new IntersectionObserver((entries) => {
      isOnScreen.current = entries.at(-1)?.isIntersecting ?? false;
      latest.current();
    });
    // The page may give the element another size, and what stands below a message may come later.
    const size = new ResizeObserver(() => below.current <= NEAR && toEnd(element));
    sight.observe(element);
    for (const one of [element, ...element.children]) size.observe(one);
    const end = onAttention(() => latest.current());
    return () => {
      sight.disconnect();
      size.disconnect();
      end();
    };
  }, []);

  const people = useMemo(() => new People(chat), [chat]);
  useEffect(() => people.close, [people]);
  const { me } = chat.state;
  return (
    <div
      ref={box}
      class="messages"
      part="messages"
      role="log"
      aria-label={t("conversation.messages")}
      aria-busy={isLoading}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard scrolls what has the focus
      tabIndex={0}
      onScroll={({ currentTarget }) => {
        below.current = belowOf(currentTarget);
        settle();
      }}
    >
      {children}
      <p class="edge">{isLoading ? t("conversation.loading") : !hasOlder && edge}</p>
      <ol>
        {messages.map((message, i) => {
          const before = messages[i - 1];
          const isNewDay = !before || !isSameDay(before.created_at, message.created_at);
          const notice = noticeOf(message);
          return (
            <RowBoundary key={message.client_msg_id} of={message} row="edge" seq={message.seq}>
              {notice ? (
                <NoticeItem {...{ chat, people, message, notice, isNewDay }} />
              ) : (
                <StoredItem
                  {...{ message, isNewDay, hasThreads, onThread }}
                  isOwn={message.sender.id === me}
                />
              )}
            </RowBoundary>
          );
        })}
        {pending.map((item) => (
          <PendingItem key={item.client_msg_id} item={item} />
        ))}
      </ol>
    </div>
  );
}

function belowOf({ scrollHeight, clientHeight, scrollTop }: HTMLElement): number {
  return scrollHeight - clientHeight - scrollTop;
}

/** Scrolls to the end. @param distance from it, in px */
function toEnd(box: HTMLElement, distance = 0): void {
  box.scrollTop = box.scrollHeight - box.clientHeight - distance;
}
