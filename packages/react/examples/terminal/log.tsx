import type { ConversationWindow, Message, WindowView } from "parley-client";
import {
  type Content,
  contentOf,
  contentOfItem,
  MessageText,
  TimelineBox,
  TimelineRows,
  textOf,
  useGuides,
  useMentioned,
  useTimeline,
} from "parley-react";
import { useMemo } from "react";
import type { Session } from "./session.ts";

interface Props {
  session: Session;
  id: number;
  view: WindowView;
  window: ConversationWindow | undefined;
}

/** The messages as lines: when, who, what. */
export function Log({ session, id, view, window }: Props) {
  const { chat, me } = session;
  const timeline = useTimeline({ chat, id, me, view, window });
  const { isAway } = useGuides(timeline);
  return (
    <section className="log">
      <TimelineBox timeline={timeline} className="scroll">
        <p>{timeline.isAtBeginning ? "-- log opened --" : "…"}</p>
        <TimelineRows
          {...{ timeline, me }}
          label="Log"
          day={(at) => <h2>-- {new Date(at).toDateString()} --</h2>}
          unread={() => (
            <li key="unread" className="unread">
              ---- new ----
            </li>
          )}
          row={({ message }) => <Line key={message.seq} session={session} message={message} />}
          pending={(item) => (
            <li key={item.client_msg_id} className="waiting">
              <time>{item.state === "failed" ? "FAIL!" : "--:--"}</time>{" "}
              <Words content={contentOfItem(item)} />
            </li>
          )}
        />
      </TimelineBox>
      {isAway && (
        <button type="button" className="more" onClick={() => timeline.pilot.toNewest()}>
          -- more --
        </button>
      )}
    </section>
  );
}

function Line({ session, message }: { session: Session; message: Message }) {
  const { seq, sender, created_at: at, kind, body, revoked } = message;
  const content = useMemo(() => contentOf(kind, body), [kind, body]);
  const names = useMentioned(session, message, textOf(content));
  return (
    <li data-seq={seq} data-own={sender.id === session.me}>
      <time>{new Date(at).toTimeString().slice(0, 5)}</time> <b>&lt;{sender.username}&gt;</b>{" "}
      {revoked ? <i>deleted</i> : <Words content={content} names={names} />}
    </li>
  );
}

function Words({ content, names = [] }: { content: Content; names?: ReturnType<typeof useMentioned> }) {
  const text = textOf(content);
  if (!text) return <i>({content.kind})</i>;
  return <MessageText className="words" text={text} names={names} spoiler="Show what is hidden" />;
}
