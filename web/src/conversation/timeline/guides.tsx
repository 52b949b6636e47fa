import { type Timeline, useGuides } from "parley-react/timeline";
import { t } from "../../i18n/i18n.ts";
import { go, route } from "../../state/router.ts";
import { Icon } from "../../ui/icon.tsx";

/** Says that unread messages begin above what is on screen, and leads there. */
export function NewMessagesBar({ timeline }: { timeline: Timeline }) {
  const { isBeyond, unread } = useGuides(timeline);
  if (!isBeyond) return null;
  return (
    <div class="new-messages">
      <button type="button" onClick={() => timeline.pilot.toUnread()}>
        <Icon name="up" />
        {t("timeline.unreadAbove", { n: unread })}
      </button>
      <button type="button" onClick={() => timeline.pilot.readAll()}>
        {t("timeline.readAll")}
      </button>
    </div>
  );
}

interface Props {
  timeline: Timeline;
  /** the conversation */
  id: number;
  /** how many messages are unread */
  unread: number;
}

/** A button to the newest messages, while they are out of sight. */
export function ToNewest({ timeline, id, unread }: Props) {
  const { pilot } = timeline;
  if (!useGuides(timeline).isAway) return null;
  const label = unread > 0 ? t("timeline.newBelow", { n: unread }) : t("conversation.newest");
  const toNewest = () => {
    const now = route.peek();
    // The address names a message: the way back leads to it. The button goes away, and the focus is in it.
    if (now.view === "conversation" && now.at) {
      pilot.roving.want("end");
      const { at: _, ...rest } = now;
      go({ ...rest, id });
    } else pilot.toNewest();
  };
  return (
    <button class="to-newest" type="button" onClick={toNewest}>
      <Icon name="down" />
      {label}
    </button>
  );
}
