import type { ConversationEntry } from "parley-client";
import { attentionOf } from "parley-client/attention";
import { useChat } from "parley-client/react";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { chosen, spaceOf, spaces } from "./state.ts";
import { UnreadBadge } from "./unread-badge.tsx";

/** What is new in a space, or in the conversations without one. */
interface News {
  /** what calls for the user: unread messages that they have not muted, and mentions */
  badge: number;
  /** unread messages that mention the user, or all */
  mentions: number;
}

/** What is new in the conversations without a space, by the id 0, and in each space, by its id. */
function newsBySpace(entries: readonly ConversationEntry[]): ReadonlyMap<number, News> {
  const sums = new Map<number, News>();
  for (const entry of entries) {
    const space = spaceOf(entry)?.id ?? 0;
    const { badge, mentions } = sums.get(space) ?? { badge: 0, mentions: 0 };
    sums.set(space, {
      badge: badge + attentionOf(entry, Date.now()).badge,
      mentions: mentions + entry.mentions.length,
    });
  }
  return sums;
}

/** Leads to the list of conversations, and to each space. */
export function SpaceTabs() {
  const { chat } = useAccount();
  const news = newsBySpace(useChat(chat, (state) => state.conversations));
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
      {spaces.value.map(({ id, name, avatar }) => (
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
          <SpaceNews {...news.get(id)} />
        </button>
      ))}
    </fieldset>
  );
}

/** A number for mentions, else a dot for other messages. */
function SpaceNews({ badge = 0, mentions = 0 }: Partial<News>) {
  if (mentions > 0)
    return (
      <span class="badge" role="img" aria-label={t("spaces.mentions", { n: mentions })}>
        {mentions > 999 ? "999+" : mentions}
      </span>
    );
  if (badge === 0) return null;
  return <span class="news-dot" role="img" aria-label={t("list.unread", { n: badge })} />;
}
