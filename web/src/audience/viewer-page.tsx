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
  const { conversation, viewers, isOver, messages, hasOlder } = room;
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
        <Messages {...{ room, messages, hasOlder }} />
        <ViewerField {...{ room, conversation }} />
      </section>
    </div>
  );
}

function Messages({ room, messages, hasOlder }: Pick<Room, "messages" | "hasOlder"> & { room: Room }) {
  const { me } = useAccount();
  const { id } = room;
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const height = useRef(0);
  const older = useAction(() => room.older());
  const [oldest, newest] = [messages[0]?.seq, messages.at(-1)?.seq];
  const before = useRef(oldest);
  useLayoutEffect(() => {
    const { current: scroller } = box;
    if (!scroller) return;
    const grown = scroller.scrollHeight - height.current;
    if (isAtEnd.current) scroller.scrollTop = scroller.scrollHeight;
    // What was loaded above moves nothing.
    else if (before.current !== oldest && grown > 0) scroller.scrollTop += grown;
    before.current = oldest;
    height.current = scroller.scrollHeight;
  }, [oldest, newest]);
  return (
    <div class="timeline">
      <div
        ref={box}
        class="scroller"
        onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
          isAtEnd.current = scrollHeight - scrollTop - clientHeight < AT_END;
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
          {messages.map((message, i) => {
            const { seq, kind, sender, created_at: at } = message;
            const last = messages[i - 1];
            const next = messages[i + 1];
            const isNewDay =
              !last || new Date(last.created_at).toDateString() !== new Date(at).toDateString();
            const isTogether = !isNewDay && follows(last, message);
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
            ];
          })}
        </ol>
      </div>
    </div>
  );
}
