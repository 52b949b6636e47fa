import { useChat } from "parley-client/react";
import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { href, route } from "../state/router.ts";
import { Icon } from "../ui/icon.tsx";
import { ConversationRow } from "./conversation-row.tsx";

/** The list of conversations, with a field that filters it. */
export function Sidebar() {
  const { chat } = useAccount();
  const conversations = useChat(chat, (state) => state.conversations);
  const [filter, setFilter] = useState("");
  const words = filter.trim().toLocaleLowerCase();
  const shown = words
    ? conversations.filter(({ name }) => name.toLocaleLowerCase().includes(words))
    : conversations;
  const now = route.value;
  const selected = now.view === "conversation" ? now.id : 0;
  return (
    <nav class="sidebar" aria-label={t("list.title")}>
      <header class="bar">
        <h1>{t("list.title")}</h1>
        <a
          class="icon-button"
          href={href({ view: "settings" })}
          aria-label={t("settings.title")}
          title={t("settings.title")}
        >
          <Icon name="settings" />
        </a>
        <a class="icon-button" href={href({ view: "new" })} aria-label={t("list.new")} title={t("list.new")}>
          <Icon name="plus" />
        </a>
      </header>
      <input
        class="filter"
        type="search"
        placeholder={t("list.filter")}
        aria-label={t("list.filter")}
        value={filter}
        onInput={({ currentTarget }) => setFilter(currentTarget.value)}
      />
      {shown.length === 0 && <p class="blank">{t("list.empty")}</p>}
      <ul class="rows">
        {shown.map((entry) => (
          <ConversationRow key={entry.id} entry={entry} isSelected={entry.id === selected} />
        ))}
      </ul>
    </nav>
  );
}
