import { useChat } from "parley-client/react";
import { type SpaceNews as NewsOf, newsBySpace } from "parley-client/spaces";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { isQuiet } from "./own/mute.ts";
import { chosen, spaces } from "./state.ts";
import { UnreadBadge } from "./unread-badge.tsx";

/** Leads to the list of conversations, and to each space. */
export function SpaceTabs() {
  const { chat } = useAccount();
  const news = newsBySpace(
    useChat(chat, (state) => state.conversations),
    Date.now(),
  );
  const row = useRef<HTMLFieldSetElement>(null);
  useEffect(() => {
    const now = row.current?.querySelector("[aria-pressed=true]");
    now?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [chosen.value]);
  const isAll = !spaces.value.some(({ id }) => id === chosen.value);
  return (
    <fieldset ref={row} class="space-tabs" aria-label={t("spaces.title")}>
      <button
        type="button"
        aria-pressed={isAll}
        onClick={() => {
          chosen.value = 0;
        }}
      >
        <Icon name="message" />
        {t("spaces.all")}
        <UnreadBadge n={news.get(0)?.badge} />
      </button>
      {spaces.value.map(({ id, name, avatar, ...space }) => (
        <button
          key={id}
          type="button"
          aria-pressed={id === chosen.value}
          title={name}
          onClick={() => {
            chosen.value = id;
          }}
        >
          <Avatar id={id} name={name} picture={avatar} size="small" />
          <bdi>{name}</bdi>
          <SpaceNews {...news.get(id)} isMuted={isQuiet(space)} />
        </button>
      ))}
    </fieldset>
  );
}

/** A number for mentions, else a dot for other messages, unless the user has muted the space. */
function SpaceNews({ badge = 0, mentions = 0, isMuted }: Partial<NewsOf> & { isMuted: boolean }) {
  if (mentions > 0)
    return (
      <span class="badge" role="img" aria-label={t("spaces.mentions", { n: mentions })}>
        {mentions > 999 ? "999+" : mentions}
      </span>
    );
  if (badge === 0 || isMuted) return null;
  return <span class="news-dot" role="img" aria-label={t("list.unread", { n: badge })} />;
}
