import type { ConversationEntry } from "parley-client";
import { attentionOf } from "parley-client/attention";
import { useChat } from "parley-client/react";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { href } from "../state/router.ts";
import { showDialog } from "../ui/dialogs.tsx";
import { Icon, type IconName } from "../ui/icon.tsx";
import { LATER } from "../ui/later/icons.ts";
import { Placeholder } from "../ui/missing/placeholder.tsx";
import { Menu } from "../ui/overlay/menu.tsx";
import { ChannelDialog } from "./channel-dialog.tsx";
import { invite, spaceActions } from "./space-actions.tsx";
import { type Channel, channelsOf, type Space, spaceIdOf } from "./state.ts";
import { UnreadBadge } from "./unread-badge.tsx";

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
  const channels = allChannels(channelsOf(id), followed);
  return (
    <section class="space" aria-label={name}>
      <header class="space-head">
        <h2>
          <bdi>{name}</bdi>
        </h2>
        <Menu label={t("list.actions", { name })} items={spaceActions(account, space)} />
      </header>
      {description && (
        <p class="space-about" dir="auto">
          {description}
        </p>
      )}
      {channels ? (
        <ul class="channels" aria-label={t("spaces.channels")}>
          {channels.map((channel) => (
            <ChannelRow
              key={channel.id}
              {...channel}
              entry={followed.find((entry) => entry.id === channel.id)}
              isSelected={channel.id === selected}
            />
          ))}
        </ul>
      ) : (
        <Placeholder />
      )}
      {permissions.includes("manage_channel") && (
        <button
          type="button"
          class="channel"
          onClick={() => showDialog((close) => <ChannelDialog space={id} onClose={close} />)}
        >
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
    </section>
  );
}

/** A channel, and what the space says of it once it has listed it. */
type Listed = Pick<Channel, "id" | "name"> & Partial<Pick<Channel, "visibility" | "channel_kind">>;

interface RowProps extends Listed {
  /** absent: the user does not follow it */
  entry: ConversationEntry | undefined;
  isSelected: boolean;
}

function ChannelRow({ id, name, visibility, channel_kind: kind, entry, isSelected }: RowProps) {
  const { unread, isMuted, isMentioned } = entry
    ? attentionOf(entry, Date.now())
    : { unread: 0, isMuted: false, isMentioned: false };
  return (
    <li>
      <a
        class="channel"
        href={href({ view: "conversation", id })}
        aria-current={isSelected ? "page" : undefined}
        data-followed={entry !== undefined}
        data-unread={unread > 0 && !isMuted}
      >
        {kind === "announcement" ? (
          <Sign icon={LATER.megaphone} label={t("spaces.announcements")} />
        ) : (
          <span aria-hidden="true">#</span>
        )}
        <bdi>{entry?.name ?? name}</bdi>
        {visibility === "private" && <Sign icon={LATER.lock} label={t("spaces.private")} />}
        {isMuted && <Icon name="muted" />}
        {isMentioned && (
          <span class="badge" role="img" aria-label={t("list.mentioned")}>
            @
          </span>
        )}
        <UnreadBadge n={unread} isMuted={isMuted} />
      </a>
    </li>
  );
}

/** What a channel is, as a drawing with a name. */
function Sign({ icon, label }: { icon: IconName; label: string }) {
  return (
    <span class="sign" role="img" aria-label={label} title={label}>
      <Icon name={icon} />
    </span>
  );
}

/** The channels as they were loaded, and those that the user has come to follow since then. */
function allChannels(
  loaded: readonly Channel[] | undefined,
  followed: readonly ConversationEntry[],
): readonly Listed[] | undefined {
  if (!loaded) return followed.length > 0 ? followed : undefined;
  return [...loaded, ...followed.filter(({ id }) => !loaded.some((channel) => channel.id === id))];
}
