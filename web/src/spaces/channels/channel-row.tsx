import type { ConversationEntry } from "parley-client";
import { attentionOf } from "parley-client/attention";
import { t } from "../../i18n/i18n.ts";
import { href } from "../../state/router.ts";
import { Icon, type IconName } from "../../ui/icon.tsx";
import { LATER } from "../../ui/later/icons.ts";
import type { MenuItem } from "../../ui/overlay/menu.tsx";
import type { Channel } from "../state.ts";
import { UnreadBadge } from "../unread-badge.tsx";
import { MenuRow } from "./menu-row.tsx";

/** A channel, and what the space says of it once it has listed it. */
export type Listed = Pick<Channel, "id" | "name"> &
  Partial<Pick<Channel, "visibility" | "channel_kind" | "category_id">>;

interface Props {
  channel: Listed;
  /** absent: the user does not follow it */
  entry: ConversationEntry | undefined;
  isSelected: boolean;
  /** what the user can do with it */
  items: readonly MenuItem[];
}

/** A channel in the list of its space: it leads to its messages, and says what is new in it. */
export function ChannelRow({ channel, entry, isSelected, items }: Props) {
  const { id, name, visibility, channel_kind: kind } = channel;
  const { unread, isMuted, isMentioned } = entry
    ? attentionOf(entry, Date.now())
    : { unread: 0, isMuted: false, isMentioned: false };
  return (
    <li>
      <MenuRow name={name} items={items}>
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
      </MenuRow>
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
