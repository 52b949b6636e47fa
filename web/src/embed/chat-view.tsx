import type { Chat } from "parley-client";
import { useChat, useConversationWindow } from "parley-client/react";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { isOnline } from "../lib/online.ts";
import { reason } from "../state/problem.ts";
import { Field } from "./field.tsx";
import { Messages } from "./messages.tsx";

interface Props {
  chat: Chat;
  /** the origin of the server */
  server: string;
  /** the conversation */
  id: number;
  /** called once, when the messages have come and the chat is live */
  onReady: () => void;
}

/** A conversation in a page of others: its name, its messages, and the field for the next one. */
export function ChatView({ chat, server, id, onReady }: Props) {
  const name = useChat(chat, (state) => state.conversation(id)?.name) ?? "";
  const connection = useChat(chat, (state) => state.connection);
  const [view, window] = useConversationWindow(chat, id);
  const wasReady = useRef(false);
  const isReady = window !== undefined && connection === "live" && !view.isLoading && !view.problem;
  useEffect(() => window?.focus(), [window]);
  useEffect(() => {
    if (!isReady || wasReady.current) return;
    wasReady.current = true;
    onReady();
  }, [isReady, onReady]);
  return (
    <section class="chat" part="chat" aria-label={name}>
      <header part="header">
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
      {window && <Messages {...{ chat, server, view, window }} />}
      {view.problem && (
        <p class="problem" part="status" role="alert">
          {reason(view.problem)}{" "}
          <button type="button" onClick={() => void window?.older()}>
            {t("action.retry")}
          </button>
        </p>
      )}
      {window && <Field name={name} window={window} />}
    </section>
  );
}
