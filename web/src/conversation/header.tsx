import type { ConversationEntry } from "parley-client";
import { isChannel } from "../group/rights.ts";
import { t } from "../i18n/i18n.ts";
import { openSearch } from "../search/search.ts";
import { href, route } from "../state/router.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { IconButton } from "../ui/icon-button.tsx";
import { lazy } from "../ui/lazy.tsx";
import { Opener } from "../ui/opener.tsx";
import { conversationAddress } from "./address.ts";

interface Props {
  /** the conversation */
  id: number;
  /** what it is called */
  name: string;
  entry: ConversationEntry | undefined;
  /** the user is not in it, as far as is known: the entry is the last one */
  isGone: boolean;
}

const HeaderMenu = lazy(async () => (await import("./header-menu.tsx")).HeaderMenu);

/** Who is in a conversation, and what can stand beside it. */
export function ConversationHeader({ id, name, entry, isGone }: Props) {
  const isTopical = entry && isChannel(entry);
  const isOnline = !isGone && entry?.kind === "direct" && entry.peer.online;
  const hasThreads = entry?.kind === "direct" || entry?.threads === "on";
  const now = route.value;
  const isInfo = now.view === "conversation" && now.panel === "info";
  return (
    <header class="bar">
      <a class="icon-button back" href={href({ view: "home" })} aria-label={t("app.toList")}>
        <Icon name="back" />
      </a>
      <a class="conversation-name" {...(!isGone && { href: href(conversationAddress(id, "info")) })}>
        {entry && !isTopical && (
          <Avatar
            id={entry.kind === "direct" ? entry.peer.id : id}
            name={name}
            picture={entry.avatar}
            size="small"
          />
        )}
        <span>
          <h2>
            <bdi data-bot={entry?.kind === "direct" ? entry.peer.bot : undefined}>{name}</bdi>
          </h2>
          <small>
            {!isGone && entry?.kind === "group"
              ? isTopical
                ? entry.introduction
                : t("conversation.members", { n: entry.member_count })
              : isOnline && t("conversation.online")}
          </small>
        </span>
      </a>
      {!isGone && (
        <>
          <IconButton icon="search" label={t("find.title")} onClick={() => openSearch(`in:#${id} `)} />
          <a
            class="icon-button"
            data-panel="info"
            href={href(conversationAddress(id, isInfo ? undefined : "info"))}
            aria-label={t("info.title")}
            aria-current={isInfo ? "true" : undefined}
            title={t("info.title")}
          >
            <Icon name="info" />
          </a>
          {entry && (
            <Opener label={t("conversation.menu")} isMarked={hasThreads && entry.threads_unread > 0}>
              {(opened) => <HeaderMenu {...opened} {...{ entry, hasThreads }} />}
            </Opener>
          )}
        </>
      )}
    </header>
  );
}
