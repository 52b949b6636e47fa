import { useChat } from "parley-client/react";
import { useEffect } from "preact/hooks";
import { AccountButton } from "../account/account-button.tsx";
import { t } from "../i18n/i18n.ts";
import { search } from "../search/search.ts";
import { SearchButton } from "../search/search-button.tsx";
import { useAccount } from "../state/context.ts";
import { href, route } from "../state/router.ts";
import { useLive } from "../state/use-live.ts";
import { Icon } from "../ui/icon.tsx";
import { lazy } from "../ui/lazy.tsx";
import { Empty } from "../ui/missing/empty.tsx";
import { Placeholder } from "../ui/missing/placeholder.tsx";
import { Opener } from "../ui/opener.tsx";
import { Rows } from "./rows.tsx";
import { shown } from "./shown.ts";
import { LINKS } from "./views.ts";

const Waiting = lazy(async () => (await import("./waiting.tsx")).Waiting, { isHint: true });
const Spaces = lazy(async () => (await import("../spaces/spaces.tsx")).Spaces, { isHint: true });
const ViewsMenu = lazy(async () => (await import("./views-menu.tsx")).ViewsMenu);
const SearchView = lazy(async () => (await import("../search/search-view.tsx")).SearchView);

/** Who is signed in, the list of conversations, and the search, which takes its place. */
export function Sidebar() {
  const { chat } = useAccount();
  const entries = shown.value(useChat(chat, (state) => state.conversations));
  const isListed = useChat(chat, (state) => state.isListed);
  // What one user has looked for is not for the next one.
  useEffect(
    () => () => {
      search.value = null;
    },
    [],
  );
  const now = route.value;
  const selected = now.view === "conversation" ? now.id : 0;
  return (
    <nav class="sidebar" aria-label={t("list.title")}>
      <header class="bar">
        <AccountButton />
        <h1>{t("list.title")}</h1>
        {LINKS.map(({ route: to, label, icon }) => (
          <a
            key={label}
            class="icon-button marked"
            href={href(to)}
            title={t(label)}
            aria-current={now.view === to.view ? "page" : undefined}
          >
            <Icon name={icon} />
            <span class="visually-hidden">{t(label)}</span>
            {to.view === "people" && <Requests />}
          </a>
        ))}
        <Opener label={t("list.views")}>{(opened) => <ViewsMenu {...opened} />}</Opener>
      </header>
      {search.value !== null ? (
        <SearchView written={search.value} />
      ) : (
        <>
          <SearchButton />
          <Waiting />
        </>
      )}
      <Spaces />
      {search.value === null &&
        entries &&
        (entries.length > 0 ? (
          <Rows entries={entries} selected={selected} />
        ) : isListed ? (
          <Empty icon="message" text={t("list.empty")} />
        ) : (
          <Placeholder />
        ))}
    </nav>
  );
}

/** How many users ask for friendship. */
function Requests() {
  const { chat } = useAccount();
  const requests = useLive(
    () => chat.api.call("get", "/v1/friends/requests", { query: { direction: "incoming" } }),
    ({ type }) => type === "friend",
  );
  const n = requests?.items.length ?? 0;
  if (n === 0) return null;
  return (
    <>
      <span class="badge">{n}</span>
      <span class="visually-hidden">{t("people.requests")}</span>
    </>
  );
}
