import type { Message } from "parley-client";
import { useConversationWindow } from "parley-client/react";
import { useLayoutEffect, useRef } from "preact/hooks";
import { readThread } from "../../conversation/thread/read-thread.ts";
import { t } from "../../i18n/i18n.ts";
import { isComposing } from "../../lib/system/keyboard.ts";
import { reason } from "../../state/problem.ts";
import { Field } from "../field.tsx";
import { useHost } from "../host.ts";
import { StoredItem } from "../items.tsx";
import { Messages } from "../messages.tsx";
import styles from "./thread.css";

export { styles };

interface Props {
  /** the conversation */
  id: number;
  root: Message;
  onClose: () => void;
}

/** A thread: its root, the replies, and the field for the next one. It covers a narrow conversation. */
export function View({ id, root, onClose }: Props) {
  const { chat } = useHost();
  const { seq } = root;
  const [view, window] = useConversationWindow(chat, id, { thread: seq });
  const { messages, isLoading, problem } = view;
  const section = useRef<HTMLElement>(null);
  /** up to where the server knows that the user has read */
  const told = useRef(0);
  useLayoutEffect(() => {
    const { current } = section;
    const parent = current?.parentElement;
    current?.querySelector("button")?.focus();
    return () => {
      const opener = parent?.querySelector<HTMLElement>(`[data-seq="${seq}"] .answers`);
      // The conversation is hidden until the thread is gone.
      queueMicrotask(() => opener?.focus());
    };
  }, [seq]);
  const read = () => {
    const last = messages.at(-1)?.seq ?? 0;
    if (last <= told.current) return;
    const before = told.current;
    told.current = last;
    readThread(chat, id, seq, messages).catch(() => {
      told.current = before;
    });
  };
  const count = Math.max(root.thread_summary?.count ?? 0, messages.length);
  return (
    <section
      ref={section}
      class="chat thread"
      part="chat thread-view"
      aria-label={t("thread.title")}
      // The field keeps its keys for itself.
      onKeyDownCapture={(event) => {
        if (event.key !== "Escape" || isComposing(event)) return;
        event.stopPropagation();
        onClose();
      }}
    >
      <header part="header">
        <button type="button" class="back" part="back" aria-label={t("action.close")} onClick={onClose}>
          ←
        </button>
        <h2>{t("thread.title")}</h2>
      </header>
      {window && (
        <Messages {...{ view, window, read }} edge="">
          <ol>
            <StoredItem message={root} isOwn={root.sender.id === chat.state.me} isNewDay={false} />
          </ol>
          {!isLoading && (
            <p class="edge">{count > 0 ? t("thread.replies", { n: count }) : t("thread.empty")}</p>
          )}
        </Messages>
      )}
      {problem && (
        <p class="problem" part="status" role="alert">
          {reason(problem)}
        </p>
      )}
      {window && <Field window={window} label={t("composer.placeholder.thread")} />}
    </section>
  );
}
