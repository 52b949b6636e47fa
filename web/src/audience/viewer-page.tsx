import { AudienceRoom, type ViewedGroup } from "parley-client/audience";
import { useEffect, useState } from "preact/hooks";
import { Timeline } from "../conversation/timeline/timeline.tsx";
import { titleOf } from "../group/rights.ts";
import { t } from "../i18n/i18n.ts";
import { FollowButton } from "../spaces/follow-button.tsx";
import { chosen } from "../spaces/state.ts";
import { useAccount } from "../state/context.ts";
import { href } from "../state/router.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { Gone } from "../ui/missing/gone.tsx";
import { ViewerField } from "./viewer-field.tsx";

/**
 * An audience room, for who looks at it without being a member: what comes, and how many look. Or a channel
 * that the user does not follow.
 */
export function ViewerPage({ first }: { first: ViewedGroup }) {
  const { chat } = useAccount();
  const [, draw] = useState({});
  const [room] = useState(() => new AudienceRoom(chat, first, () => draw({})));
  useEffect(() => () => room.window.close(), [room]);
  const { conversation, viewers, isOver, window } = room;
  const { id, name, avatar, space_id: space, introduction } = conversation;
  // The list shows where the channel is.
  useEffect(() => {
    if (space) chosen.value = space;
  }, [space]);
  if (isOver) return <Gone text={t("gone.conversation")} back={href({ view: "home" })} />;
  return (
    <div class="conversation-view">
      <section class="conversation" aria-label={name}>
        <header class="bar">
          <a class="icon-button back" href={href({ view: "home" })} aria-label={t("app.toList")}>
            <Icon name="back" />
          </a>
          <div class="conversation-name">
            {!space && <Avatar id={id} name={name} picture={avatar} size="small" />}
            <span>
              <h2>
                <bdi>{titleOf(conversation)}</bdi>
              </h2>
              <small>{space ? introduction : t("audience.viewers", { n: viewers })}</small>
            </span>
          </div>
          {space && <FollowButton id={id} />}
        </header>
        <Timeline {...{ id, window }} view={window.view} isViewed />
        <ViewerField conversation={conversation} />
      </section>
    </div>
  );
}
