import { AudienceRoom, type ViewedGroup } from "parley-client/audience";
import { useEffect, useState } from "preact/hooks";
import { Timeline } from "../conversation/timeline/timeline.tsx";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { href } from "../state/router.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { Gone } from "../ui/missing/gone.tsx";
import { ViewerField } from "./viewer-field.tsx";

/** An audience room, for who looks at it without being a member: what comes, and how many look. */
export function ViewerPage({ first }: { first: ViewedGroup }) {
  const { chat } = useAccount();
  const [, draw] = useState({});
  const [room] = useState(() => new AudienceRoom(chat, first, () => draw({})));
  useEffect(() => () => room.window.close(), [room]);
  const { conversation, viewers, isOver, window } = room;
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
        <Timeline {...{ id, window }} view={window.view} isViewed />
        <ViewerField conversation={conversation} />
      </section>
    </div>
  );
}
