import { follows } from "parley-react/timeline";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { NoticeRow } from "../conversation/notices/notice-row.tsx";
import { DayHeading } from "../conversation/timeline/day-heading.tsx";
import { t } from "../i18n/i18n.ts";
import { MessageRow } from "../message/message-row.tsx";
import { useAccount } from "../state/context.ts";
import { href } from "../state/router.ts";
import { useAction } from "../state/use-action.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { Boundary } from "../ui/missing/boundary.tsx";
import { Gone } from "../ui/missing/gone.tsx";
import { type Gap, marksOf } from "./gaps.ts";
import { LeftOut } from "./left-out.tsx";
import { Room, type Viewed } from "./room.ts";
import { ViewerField } from "./viewer-field.tsx";

/** Nearer than this to the end, in px, the user is there. */
const AT_END = 48;

/** An audience room, for who looks at it without being a member: what comes, and how many look. */
export function ViewerPage({ first }: { first: Viewed }) {
  const { chat } = useAccount();
  const [, draw] = useState({});
  const [room] = useState(() => new Room(chat, first, () => draw({})));
  useEffect(() => () => room.close(), [room]);
  const { conversation, viewers, isOver, messages, gaps, hasOlder } = room;
  const { id, name, avatar } = conversation;
  if (isOver) return <Gone text={t("gone.conversation")} back={href({ view: "home" })} />;
  return (
    <div class="conversation-view">
      <section class="conversation" aria-label={name}>
        <header class="bar">
          <a class="icon-button back" href={href({ view: "home" })} aria-label={t("app.toList")}>
            <Icon name="back" />
          </a>
          <div class="conversation-name">
            <Avatar id={id} name={name} picture={avatar} size="small" />
            <span>
              <h2>
                <bdi>{name}</bdi>
              </h2>
              <small>{t("audience.viewers", { n: viewers })}</small>
            </span>
          </div>
        </header>
        {/* A view with the same properties is not drawn again. */}
        <Messages {...{ room, messages, gaps, hasOlder }} />
        <ViewerField {...{ room, conversation }} />
      </section>
    </div>
  );
}

interface MessagesProps extends Pick<Room, "messages" | "gaps" | "hasOlder"> {
  room: Room;
}

function Messages({ room, messages, gaps, hasOlder }: MessagesProps) {
  const { me } = useAccount();
  const { id } = room;
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  /** the first message on screen, and how far below the top of the page it is, in px */
  const first = useRef<{ row: Element; top: number } | undefined>(undefined);
  /** whether the focus is on a button that goes when it has done its work */
  const isShowing = useRef(false);
  const older = useAction(() => room.older());
  const marks = marksOf(messages, gaps);
  const look = (scroller: Element) => {
    const { top: edge } = scroller.getBoundingClientRect();
    const row = [...scroller.querySelectorAll("li[data-seq]")].find((one) => topOf(one) >= edge);
    first.current = row && { row, top: topOf(row) };
  };
  useLayoutEffect(() => {
    const { current: scroller } = box;
    if (!scroller) return;
    // What was loaded above moves nothing.
    if (isAtEnd.current) scroller.scrollTop = scroller.scrollHeight;
    else if (first.current?.row.isConnected)
      scroller.scrollTop += topOf(first.current.row) - first.current.top;
    look(scroller);
    if (isShowing.current && document.activeElement === document.body)
      scroller.focus({ preventScroll: true });
    isShowing.current = false;
  }, [messages, gaps]);
  const rest = (gap: Gap) => {
    isShowing.current = true;
    return room.rest(gap);
  };
  return (
    <div class="timeline">
      <div
        ref={box}
        class="scroller"
        tabIndex={-1}
        onScroll={({ currentTarget: scroller }) => {
          const { scrollTop, scrollHeight, clientHeight } = scroller;
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < AT_END;
          look(scroller);
        }}
      >
        {hasOlder && (
          <p class="timeline-edge">
            <button class="link" type="button" disabled={older.isBusy} onClick={() => void older.run()}>
              {t("audience.older")}
            </button>
          </p>
        )}
        <ol class="messages viewed" aria-label={t("conversation.messages")}>
          {messages.flatMap((message, i) => {
            const { seq, kind, sender, created_at: at } = message;
            const last = messages[i - 1];
            const next = messages[i + 1];
            const isNewDay =
              !last || new Date(last.created_at).toDateString() !== new Date(at).toDateString();
            const isTogether = !isNewDay && follows(last, message);
            const mark = marks.get(seq);
            return [
              isNewDay && (
                <li key={`day ${seq}`}>
                  <DayHeading at={at} id={id} />
                </li>
              ),
              <Boundary key={seq} of={message} row="notice" seq={seq}>
                {kind === "tip" || kind === "system" ? (
                  <NoticeRow message={message} />
                ) : (
                  <MessageRow
                    message={message}
                    isOwn={sender.id === me}
                    isTogether={isTogether}
                    isLast={!next || !follows(message, next)}
                    isNamed={!isTogether}
                    heading={undefined}
                  />
                )}
              </Boundary>,
              mark && <LeftOut key={`gap ${mark.gap.from}`} mark={mark} onShow={({ gap }) => rest(gap)} />,
            ];
          })}
        </ol>
      </div>
    </div>
  );
}

/** How far something is below the top of the page, in px. */
function topOf(element: Element): number {
  return element.getBoundingClientRect().top;
}
