import { useChat } from "parley-client/react";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { go, href, route } from "../state/router.ts";
import { useLoaded } from "../state/use-loaded.ts";
import { Icon } from "../ui/icon.tsx";
import { Menu, type MenuItem } from "../ui/menu.tsx";
import { Rows } from "./rows.tsx";

/** Views that are one touch away. */
const LINKS = [
  { to: "people", label: "people.title", icon: "people" },
  { to: "new", label: "list.new", icon: "plus" },
] as const;

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
        {LINKS.map(({ to, label, icon }) => (
          <a
            key={to}
            class="icon-button marked"
            href={href({ view: to })}
            aria-label={t(label)}
            title={t(label)}
            aria-current={now.view === to ? "page" : undefined}
          >
            <Icon name={icon} />
            {to === "people" && <Requests />}
          </a>
        ))}
        <Menu label={t("list.views")} items={views()} />
      </header>
      <input
        class="filter"
        type="search"
        placeholder={t("list.filter")}
        aria-label={t("list.filter")}
        value={filter}
        onInput={({ currentTarget }) => setFilter(currentTarget.value)}
      />
      {shown.length > 0 && <Rows entries={shown} selected={selected} />}
      {shown.length === 0 && words !== "" && <p class="blank">{t("switcher.none")}</p>}
      {shown.length === 0 && words === "" && (
        <p class="blank">
          {t("list.empty")}
          <a class="primary" href={href({ view: "new" })}>
            {t("list.new")}
          </a>
        </p>
      )}
    </nav>
  );
}

/** How many users ask for friendship. */
function Requests() {
  const { chat } = useAccount();
  const requests = useLoaded("requests", () =>
    chat.api.call("get", "/v1/friends/requests", { query: { direction: "incoming" } }),
  );
  useEffect(
    () => chat.onFrame(({ type }) => (type === "friend" || type === "ready") && requests.reload()),
    [chat],
  );
  const n = requests.value?.items.length ?? 0;
  return n > 0 ? <span class="badge">{n}</span> : null;
}

/** The other views. */
function views(): MenuItem[] {
  return [
    { label: t("search.title"), icon: "search", onSelect: () => go({ view: "search", query: "" }) },
    { label: t("mentions.title"), icon: "at", onSelect: () => go({ view: "mentions" }) },
    { label: t("saved.title"), icon: "bookmark", onSelect: () => go({ view: "saved" }) },
    { label: t("scheduled.title"), icon: "clock", onSelect: () => go({ view: "scheduled" }) },
    { label: t("archive.title"), icon: "archive", onSelect: () => go({ view: "archive" }) },
    { label: t("settings.title"), icon: "settings", onSelect: () => go({ view: "settings" }) },
  ];
}
