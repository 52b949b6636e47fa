import { useMemo } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { route } from "../state/router.ts";
import { lazy } from "../ui/lazy.tsx";
import { Panel } from "./panels/panel.tsx";
import { ConversationSearch } from "./panels/search.ts";

const InfoPanel = lazy(async () => (await import("../group/info-panel.tsx")).InfoPanel);
const SearchPanel = lazy(async () => (await import("./panels/search-panel.tsx")).SearchPanel);
const PinsPanel = lazy(async () => (await import("./panels/pins-panel.tsx")).PinsPanel);
const ThreadPanel = lazy(async () => (await import("./thread/thread-panel.tsx")).ThreadPanel);
const ThreadsPanel = lazy(async () => (await import("./thread/threads-panel.tsx")).ThreadsPanel);

/** What the address asks for beside a conversation. */
export function Beside({ id }: { id: number }) {
  const { chat } = useAccount();
  const search = useMemo(() => new ConversationSearch(chat, id), [chat, id]);
  const now = route.value;
  if (now.view === "conversation" && now.thread)
    return <ThreadPanel key={now.thread} id={id} root={now.thread} />;
  switch (now.view === "conversation" && now.panel) {
    case "search":
      return <SearchPanel id={id} search={search} />;
    case "info":
      return (
        <Panel title={t("info.title")} id={id}>
          <InfoPanel id={id} />
        </Panel>
      );
    case "threads":
      return <ThreadsPanel id={id} />;
    case "pins":
      return <PinsPanel id={id} />;
    default:
      return null;
  }
}
