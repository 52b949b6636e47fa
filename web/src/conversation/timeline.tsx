import type { ConversationWindow, WindowView } from "parley-client";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { day, isSameDay } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { MessageRow } from "../message/message-row.tsx";
import { PendingRow } from "../message/pending-row.tsx";
import { useAccount } from "../state/context.ts";

/** Nearer than this to an end of what is loaded, in px, more is loaded. */
const NEAR = 400;
/** Nearer than this to the newest message, in px, the view stays at it. */
const AT_END = 8;
/** Messages of one sender within this time, in ms, stand together. */
const TOGETHER = 5 * 60_000;

interface Props {
  view: WindowView;
  window: ConversationWindow | undefined;
}

/** The messages of a conversation, from the oldest that is loaded to the newest. */
export function Timeline({ view, window }: Props) {
  const { me } = useAccount();
  const { messages, pending, hasOlder, isLoading } = view;
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);

  useLayoutEffect(() => {
    const box = scroller.current;
    if (box && isAtEnd.current) box.scrollTop = box.scrollHeight;
  }, [messages, pending]);
  useEffect(() => {
    if (isAtEnd.current && document.hasFocus() && messages.length > 0) window?.read();
  }, [window, messages]);

  const onScroll = () => {
    const box = scroller.current;
    if (!box) return;
    isAtEnd.current = box.scrollHeight - box.scrollTop - box.clientHeight < AT_END;
    if (isAtEnd.current) window?.read();
    if (box.scrollTop < NEAR && view.hasOlder && !view.isLoading) void window?.older();
  };

  return (
    <div class="scroller" ref={scroller} onScroll={onScroll}>
      {messages.length > 0 && !hasOlder && <p class="beginning">{t("conversation.beginning")}</p>}
      {isLoading && messages.length === 0 && <p class="blank">{t("conversation.loading")}</p>}
      <ol class="messages" aria-label={t("conversation.messages")}>
        {messages.map((message, i) => {
          const before = messages[i - 1];
          const isNewDay = !before || !isSameDay(before.created_at, message.created_at);
          const isTogether =
            !isNewDay &&
            before.sender.id === message.sender.id &&
            before.kind !== "tip" &&
            message.created_at - before.created_at < TOGETHER;
          return (
            <MessageRow
              key={message.seq}
              message={message}
              isOwn={message.sender.id === me}
              isTogether={isTogether}
              heading={isNewDay ? day(message.created_at) : undefined}
            />
          );
        })}
        {pending.map((item) => (
          <PendingRow key={item.client_msg_id} item={item} />
        ))}
      </ol>
    </div>
  );
}
