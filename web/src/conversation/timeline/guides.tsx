import { t } from "../../i18n/i18n.ts";
import { go, route } from "../../state/router.ts";
import { Icon } from "../../ui/icon.tsx";
import type { Pilot } from "./pilot.ts";

/** Says that unread messages begin above what is on screen, and leads there. */
export function NewMessagesBar({ pilot }: { pilot: Pilot }) {
  if (!pilot.isBeyond.value) return null;
  const seq = pilot.unread.shown || pilot.unread.from.value;
  return (
    <div class="new-messages">
      <button
        type="button"
        onClick={() => {
          pilot.roving.want(seq);
          pilot.goTo({ to: "row", seq, offset: "upper", isHighlighted: false });
        }}
      >
        <Icon name="up" />
        {t("timeline.unreadAbove", { n: pilot.unread.count.value })}
      </button>
      <button type="button" onClick={() => pilot.readAll()}>
        {t("timeline.readAll")}
      </button>
    </div>
  );
}

interface Props {
  pilot: Pilot;
  /** the conversation */
  id: number;
  /** how many messages are unread */
  unread: number;
}

/** A button to the newest messages, while they are out of sight. */
export function ToNewest({ pilot, id, unread }: Props) {
  if (!pilot.isAway.value) return null;
  const label = unread > 0 ? t("timeline.newBelow", { n: unread }) : t("conversation.newest");
  const toNewest = () => {
    const now = route.peek();
    // The button goes away, and would take the focus with it.
    pilot.roving.want("end");
    // The address names a message: the way back leads to it.
    if (now.view === "conversation" && now.at) {
      const { at: _, ...rest } = now;
      go({ ...rest, id });
    } else pilot.goTo({ to: "end" });
  };
  return (
    <button class="to-newest" type="button" onClick={toNewest}>
      <Icon name="down" />
      {label}
    </button>
  );
}
