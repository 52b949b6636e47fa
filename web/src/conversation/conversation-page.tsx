import { useChat, useConversationWindow } from "parley-client/react";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { href } from "../state/router.ts";
import { Avatar } from "../ui/avatar.tsx";
import { Icon } from "../ui/icon.tsx";
import { Composer } from "./composer.tsx";
import { Timeline } from "./timeline.tsx";

interface Props {
  id: number;
  /** the message to show, by its `seq`; absent: the newest ones */
  at: number | undefined;
}

/** A conversation: who is in it, its messages, and the field for the next one. */
export function ConversationPage({ id, at }: Props) {
  const { chat } = useAccount();
  const entry = useChat(chat, (state) => state.conversation(id));
  const [view, window] = useConversationWindow(chat, id);
  useEffect(() => window?.focus(), [window]);
  useEffect(() => {
    if (window && at) void window.jump(at);
  }, [window, at]);
  const name = entry?.name ?? "";
  const isOnline = entry?.kind === "direct" && entry.peer.online;
  return (
    <section class="conversation" aria-label={name}>
      <header class="bar">
        <a class="icon-button back" href={href({ view: "home" })} aria-label={t("app.toList")}>
          <Icon name="back" />
        </a>
        {entry && (
          <Avatar
            id={entry.kind === "direct" ? entry.peer.id : id}
            name={name}
            picture={entry.avatar}
            size="small"
          />
        )}
        <h2>
          <a class="plain" href={href({ view: "conversation", id, panel: "info" })} title={t("info.title")}>
            <bdi>{name}</bdi>
          </a>
        </h2>
        <small>
          {entry?.kind === "group"
            ? t("conversation.members", { n: entry.member_count })
            : isOnline && t("conversation.online")}
        </small>
      </header>
      <Timeline view={view} window={window} />
      {window && <Composer key={id} id={id} name={name} window={window} />}
    </section>
  );
}
