import type { ConversationEntry } from "parley-client";
import { t } from "../i18n/i18n.ts";
import { openSearch } from "../search/search.ts";
import { href, route } from "../state/router.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { IconButton } from "../ui/icon-button.tsx";
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

/** What stands beside a conversation by a button of its header. Pinned messages have a bar below it. */
const BUTTONS = [
  { panel: "threads", icon: "thread", label: "threads.title" },
  { panel: "info", icon: "info", label: "info.title" },
] as const;

/** Who is in a conversation, and what can stand beside it. */
export function ConversationHeader({ id, name, entry, isGone }: Props) {
  const isOnline = !isGone && entry?.kind === "direct" && entry.peer.online;
  const hasThreads = entry?.kind === "direct" || entry?.threads === "on";
  const offered = BUTTONS.filter(({ panel }) => !isGone && (panel !== "threads" || hasThreads));
  const now = route.value;
  const shown = now.view === "conversation" ? now.panel : undefined;
  return (
    <header class="bar">
      <a class="icon-button back" href={href({ view: "home" })} aria-label={t("app.toList")}>
        <Icon name="back" />
      </a>
      <a class="conversation-name" {...(!isGone && { href: href(conversationAddress(id, "info")) })}>
        {entry && (
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
              ? t("conversation.members", { n: entry.member_count })
              : isOnline && t("conversation.online")}
          </small>
        </span>
      </a>
      {!isGone && (
        <IconButton icon="search" label={t("find.title")} onClick={() => openSearch(`in:#${id} `)} />
      )}
      {offered.map(({ panel, icon, label }) => (
        <a
          key={panel}
          class="icon-button"
          data-panel={panel}
          data-unread={panel === "threads" && (entry?.threads_unread ?? 0) > 0}
          href={href(conversationAddress(id, panel === shown ? undefined : panel))}
          aria-label={t(label)}
          aria-current={panel === shown ? "true" : undefined}
          title={t(label)}
        >
          <Icon name={icon} />
        </a>
      ))}
    </header>
  );
}
