import { useChat } from "parley-client/react";
import { spaceIdOf } from "parley-client/spaces";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { Icon } from "../ui/icon.tsx";
import { LATER } from "../ui/later/icons.ts";
import { Menu } from "../ui/overlay/menu.tsx";
import { addChannel } from "./channels/channel-actions.tsx";
import { ChannelList } from "./channels/channel-list.tsx";
import { isQuiet } from "./own/mute.ts";
import { invite, spaceActions } from "./space-actions.tsx";
import type { Space } from "./state.ts";

interface Props {
  space: Space;
  /** the id of the conversation on screen; 0: none */
  selected: number;
}

/** A space: what it is called, its channels, and what the user may do in it. */
export function SpacePanel({ space, selected }: Props) {
  const account = useAccount();
  const { id, name, description, permissions } = space;
  const followed = useChat(account.chat, (state) => state.conversations).filter(
    (entry) => spaceIdOf(entry) === id,
  );
  return (
    <section class="space" aria-label={name}>
      <header class="space-head">
        <h2>
          <bdi>{name}</bdi>{" "}
          {isQuiet(space) && (
            <span role="img" aria-label={t("spaces.muted")} title={t("spaces.muted")}>
              <Icon name="muted" />
            </span>
          )}
        </h2>
        <Menu label={t("list.actions", { name })} items={spaceActions(account, space)} />
      </header>
      {description && (
        <p class="space-about" dir="auto">
          {description}
        </p>
      )}
      <ChannelList space={space} followed={followed} selected={selected} />
      <div class="space-begins">
        {permissions.includes("manage_channel") && (
          <button type="button" class="channel" onClick={() => addChannel(space)}>
            <Icon name="plus" />
            {t("spaces.addChannel")}
          </button>
        )}
        {permissions.includes("invite") && (
          <button type="button" class="channel" onClick={() => invite(account, space)}>
            <Icon name={LATER.userPlus} />
            {t("spaces.invite")}
          </button>
        )}
      </div>
    </section>
  );
}
