import { useChat, useConversationWindow } from "parley-client/react";
import { follows, followsOwn } from "parley-react/timeline";
import { useLayoutEffect, useRef } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { MessageRow } from "../../message/message-row.tsx";
import { PendingRow } from "../../message/pending-row.tsx";
import { ThreadProvider } from "../../message/place.ts";
import { useAccount } from "../../state/context.ts";
import { isGone, reason } from "../../state/problem.ts";
import { href } from "../../state/router.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { Boundary } from "../../ui/missing/boundary.tsx";
import { Gone } from "../../ui/missing/gone.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { conversationAddress } from "../address.ts";
import { Composer } from "../composer/composer.tsx";
import { Panel } from "../panels/panel.tsx";
import { FollowButton } from "./follow-button.tsx";
import { useThreadFocus } from "./use-thread-focus.ts";
import { useThreadReads } from "./use-thread-reads.ts";

/** Nearer than this to an end of what is loaded, in px, more is loaded; and the view stays at the end. */
const NEAR = 80;

interface Props {
  /** the conversation */
  id: number;
  /** the `seq` of the message that the thread belongs to */
  root: number;
}

/** A thread: its root, the replies, and the field for the next one. */
export function ThreadPanel({ id, root }: Props) {
  const { chat, me } = useAccount();
  const name = useChat(chat, (state) => state.conversation(id)?.name) ?? "";
  const isDirect = useChat(chat, (state) => state.conversation(id)?.kind === "direct");
  const [view, window] = useConversationWindow(chat, id, { thread: root });
  const { messages, pending, hasOlder, isLoading, problem } = view;
  const { message, problem: rootProblem, error: rootError } = useRoot(id, root);
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useThreadReads(id, root, messages);
  const focus = useThreadFocus(box, messages.at(-1)?.seq ?? root);
  useLayoutEffect(() => {
    const { current } = box;
    if (current && isAtEnd.current) current.scrollTop = current.scrollHeight;
  }, [messages, pending, message]);
  const onScroll = () => {
    const { current } = box;
    if (!current) return;
    isAtEnd.current = current.scrollHeight - current.scrollTop - current.clientHeight < NEAR;
    if (current.scrollTop < NEAR && hasOlder && !isLoading) void window?.older();
  };
  // Before the first page has come, it is not known which replies are there.
  const isKnown = window !== undefined && (messages.length > 0 || !hasOlder);
  const cause = messages.findLast(({ sender }) => sender.id === me)?.seq ?? Math.min(1, messages.length);
  const [waiting] = pending;
  const isFollowed = waiting !== undefined && followsOwn(messages.at(-1), waiting, me);
  const why = rootProblem || (problem ? reason(problem) : "");
  if (isGone(rootError))
    return (
      <Panel title={t("thread.title")} id={id}>
        <Gone text={t("timeline.gone")} back={href(conversationAddress(id))} label={t("action.back")} />
      </Panel>
    );
  return (
    <Panel title={t("thread.title")} id={id} actions={isKnown && <FollowButton {...{ id, root, cause }} />}>
      <ThreadProvider value={root}>
        <div ref={box} class="thread-scroller" tabIndex={-1} onScroll={onScroll} {...focus}>
          {message && (
            <ol class="messages thread-root">
              <Boundary of={message} row="notice" seq={message.seq}>
                <MessageRow
                  message={message}
                  isOwn={false}
                  isTogether={false}
                  isLast
                  isNamed={!isDirect}
                  heading={undefined}
                />
              </Boundary>
            </ol>
          )}
          {message && (
            <p class="thread-count">
              {messages.length === 0 && !isLoading
                ? t("thread.empty")
                : t("thread.replies", { n: Math.max(message.thread_summary?.count ?? 0, messages.length) })}
            </p>
          )}
          <ProblemText text={why} />
          <ol class="messages" aria-label={t("thread.title")}>
            {messages.map((one, i) => {
              const together = follows(messages[i - 1], one);
              const next = messages[i + 1];
              const isLast = next ? !follows(one, next) : !isFollowed;
              return (
                <Boundary key={one.seq} of={one} row="notice" seq={one.seq}>
                  <MessageRow
                    message={one}
                    isOwn={one.sender.id === me}
                    isTogether={together}
                    isLast={isLast}
                    isNamed={!together && !isDirect}
                    heading={undefined}
                  />
                </Boundary>
              );
            })}
            {pending.map((item, i) => (
              <Boundary key={item.client_msg_id} row="notice">
                <PendingRow item={item} isTogether={i > 0 || isFollowed} />
              </Boundary>
            ))}
          </ol>
        </div>
      </ThreadProvider>
      {window && <Composer key={root} {...{ id, name, window, thread: root }} />}
    </Panel>
  );
}

/** The root of a thread: as the conversation shows it, else loaded by itself. */
function useRoot(id: number, root: number) {
  const { chat } = useAccount();
  const [view] = useConversationWindow(chat, id);
  const shown = view.messages.find(({ seq }) => seq === root);
  const isWanted = !shown && view.messages.length > 0;
  const { value, problem, error } = useLoaded(`${id} ${root} ${isWanted}`, async () =>
    isWanted
      ? chat.api.call("get", "/v1/conversations/{id}/messages/{seq}", { path: { id, seq: root } })
      : undefined,
  );
  return { message: shown ?? value, problem: shown ? "" : problem, error: shown ? undefined : error };
}
