import type { Message } from "parley-client";
import { useChat, useConversationWindow } from "parley-client/react";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { isOnline } from "../lib/system/online.ts";
import { reason } from "../state/problem.ts";
import { Field } from "./field.tsx";
import { useHost, useUnread } from "./host.ts";
import { later } from "./later.tsx";
import { Messages } from "./messages.tsx";

const Thread = later(() => import("./thread/thread.tsx"));

interface Props {
  /** the conversation */
  id: number;
  /** whether it is all that the element shows, which is ready with it */
  isAlone?: boolean;
  /** leads back to the list, where one is beside it */
  onBack?: () => void;
}

/** A conversation in a page of others: its name, its messages, the field for the next one, and a thread. */
export function ChatView({ id, isAlone = false, onBack }: Props) {
  const { chat, tell } = useHost();
  const name = useChat(chat, (state) => state.conversation(id)?.name) ?? "";
  const hasThreads = useChat(chat, (state) => {
    const entry = state.conversation(id);
    return entry?.kind !== "group" || entry.threads === "on";
  });
  const connection = useChat(chat, (state) => state.connection);
  const [view, window] = useConversationWindow(chat, id);
  const [root, setRoot] = useState<Message>();
  const wasReady = useRef(false);
  const { isLoading, problem } = view;
  const isReady = window !== undefined && connection === "live" && !isLoading && !problem;
  useUnread((state) => {
    const { unread_count = 0, threads_unread = 0, mentions = [] } = state.conversation(id) ?? {};
    return isAlone ? { count: unread_count + threads_unread, mentions: mentions.length } : undefined;
  });
  useEffect(() => window?.focus(), [window]);
  useEffect(() => {
    if (!isAlone || !isReady || wasReady.current) return;
    wasReady.current = true;
    tell("parley-ready", undefined);
  }, [isReady]);
  useEffect(() => {
    if (problem) tell("parley-error", { code: problem.code });
  }, [problem?.code]);
  const openThread = (message: Message | undefined) => {
    setRoot(message);
    tell("parley-open", { conversation: id, thread: message?.seq });
  };
  const shownRoot = root && (view.messages.find(({ seq }) => seq === root.seq) ?? root);
  // Rows are drawn again only with other props.
  const [onThread] = useState(() => openThread);
  return (
    <div class="view">
      <section class="chat" part="chat" aria-label={name}>
        <header part="header">
          {onBack && (
            <button type="button" class="back" part="back" aria-label={t("action.back")} onClick={onBack}>
              ←
            </button>
          )}
          <h2>
            <bdi>{name}</bdi>
          </h2>
          <small part="status" role="status">
            {!isOnline.value && t("connection.offline")}
            {isOnline.value && connection === "connecting" && t("connection.connecting")}
            {connection === "forbidden" && t("connection.forbidden")}
            {connection === "signed_out" && t("account.ended")}
          </small>
        </header>
        {window && (
          <Messages
            {...{ view, window }}
            read={() => window.read()}
            edge={t(view.messages.length ? "conversation.beginning" : "timeline.empty")}
            {...{ hasThreads, onThread }}
          />
        )}
        {problem && (
          <p class="problem" part="status" role="alert">
            {reason(problem)}{" "}
            <button type="button" onClick={() => void window?.older()}>
              {t("action.retry")}
            </button>
          </p>
        )}
        {window && <Field window={window} label={t("composer.placeholder", { name })} />}
      </section>
      {shownRoot && (
        <Thread key={shownRoot.seq} id={id} root={shownRoot} onClose={() => openThread(undefined)} />
      )}
    </div>
  );
}
