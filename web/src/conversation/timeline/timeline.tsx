import type { ConversationWindow, WindowView } from "parley-client";
import { useChat } from "parley-client/react";
import { TimelineBox, TimelineRows, type TimelineWindow, useTimeline } from "parley-react/timeline";
import { t } from "../../i18n/i18n.ts";
import { zone } from "../../lib/clock.ts";
import { highlight } from "../../lib/highlight.ts";
import { Album } from "../../message/album.tsx";
import { MessageRow } from "../../message/message-row.tsx";
import { PendingRow } from "../../message/pending-row.tsx";
import { useAccount } from "../../state/context.ts";
import { reason } from "../../state/problem.ts";
import { lazy } from "../../ui/lazy.tsx";
import { Boundary } from "../../ui/missing/boundary.tsx";
import { Empty } from "../../ui/missing/empty.tsx";
import { Placeholder } from "../../ui/missing/placeholder.tsx";
import { LiveMessages } from "../live/lazy.ts";
import { NoticeRow } from "../notices/notice-row.tsx";
import { ReadMark } from "../reads/read-mark.tsx";
import { useReceipts } from "../reads/use-receipts.ts";
import { DayHeading } from "./day-heading.tsx";
import { savePlace } from "./saved-place.ts";
import { useNavigation } from "./use-navigation.ts";

const Announcer = lazy(async () => (await import("./later.ts")).Announcer, { isHint: true });
const NewMessagesBar = lazy(async () => (await import("./later.ts")).NewMessagesBar, { isHint: true });
const ToNewest = lazy(async () => (await import("./later.ts")).ToNewest, { isHint: true });
const Beginning = lazy(async () => (await import("./beginning.tsx")).Beginning, { isHint: true });
const LeftOut = lazy(async () => (await import("../../audience/left-out.tsx")).LeftOut, { isHint: true });

interface Props {
  /** the conversation */
  id: number;
  view: WindowView;
  window: (TimelineWindow & Pick<ConversationWindow, "rest">) | undefined;
  /** the user looks at it without being a member: nothing is unread to them */
  isViewed?: boolean;
}

/** The messages of a conversation: of all that is loaded, the rows near to what the user sees. */
export function Timeline({ id, view, window, isViewed }: Props) {
  const { chat, me } = useAccount();
  const isLive = useChat(chat, ({ connection }) => connection === "live");
  const timeline = useTimeline({
    ...{ chat, id, me, view, window, zone: zone.value },
    onPlace: savePlace,
    onArrive: highlight,
    // Without it the user is at the place at least.
    onMissing: (seq) =>
      void import("./missing.ts").then(({ findMissing }) => findMissing(chat, id, seq), noop),
  });
  useNavigation(timeline.pilot, window, isViewed);
  const { entry, lastOwn, isEmpty } = timeline;
  const isCrowd = entry?.kind === "group" && entry.crowd === true;
  const receipts = useReceipts(id, lastOwn > 0 && !isCrowd);
  const { hasOlder, isLoading, problem } = view;

  return (
    <div class="timeline">
      <NewMessagesBar timeline={timeline} />
      <TimelineBox timeline={timeline} className="scroller">
        {!isEmpty && (
          <p class="timeline-edge">
            {timeline.isAtBeginning ? t("conversation.beginning") : isLoading && t("conversation.loading")}
          </p>
        )}
        {isEmpty &&
          !problem &&
          (entry || !isLive) &&
          (isLoading || hasOlder ? (
            <Placeholder of="messages" />
          ) : (
            <Empty icon="message" text={t("timeline.empty")}>
              {entry && <Beginning entry={entry} />}
            </Empty>
          ))}
        <TimelineRows
          {...{ timeline, me }}
          className="messages"
          dayClassName="day-group"
          label={t("conversation.messages")}
          day={(at) => <DayHeading at={at} id={id} />}
          unread={() => (
            <li key="unread" class="unread-mark" data-read={!entry?.unread_count}>
              <span>{t("timeline.unread")}</span>
            </li>
          )}
          row={({ message, isTogether, isLast }) => (
            <Boundary key={message.seq} of={message} row="notice" seq={message.seq}>
              {message.kind === "tip" || message.kind === "system" ? (
                <NoticeRow message={message} />
              ) : (
                <MessageRow
                  message={message}
                  isOwn={message.sender.id === me}
                  isTogether={isTogether}
                  isLast={isLast}
                  // Of two people everybody knows who has written.
                  isNamed={!isTogether && entry?.kind !== "direct"}
                  heading={undefined}
                />
              )}
            </Boundary>
          )}
          below={({ message: { seq } }) =>
            // A room that leaves out messages tells nobody who has read what.
            view.gaps[0] ? (
              <LeftOut key={`gap ${seq}`} {...{ seq, view, window }} />
            ) : (
              seq === lastOwn &&
              entry &&
              !isCrowd && <ReadMark key="reads" seq={seq} kind={entry.kind} receipts={receipts} />
            )
          }
          album={(drawn, rows) => (
            <Album key={`album ${rows[0]?.message.seq}`} rows={rows} isNamed={entry?.kind !== "direct"}>
              {drawn}
            </Album>
          )}
          pendingAlbum={(drawn, items, isTogether) => (
            <Album key="album" items={items} isTogether={isTogether}>
              {drawn}
            </Album>
          )}
          pending={(item, isTogether) => (
            <Boundary key={item.client_msg_id} row="notice">
              <PendingRow item={item} isTogether={isTogether} />
            </Boundary>
          )}
        />
        {!view.hasNewer && <LiveMessages id={id} isGrowing />}
        {/* That the user is not in it any more stands where the field was. */}
        {problem && problem.code !== "not_found" && (
          <p class="timeline-problem" role="alert">
            {reason(problem)}{" "}
            <button class="link" type="button" onClick={timeline.retry}>
              {t("action.retry")}
            </button>
          </p>
        )}
      </TimelineBox>
      <ToNewest timeline={timeline} id={id} unread={entry?.unread_count ?? 0} />
      <Announcer id={id} />
    </div>
  );
}

function noop(): void {}
