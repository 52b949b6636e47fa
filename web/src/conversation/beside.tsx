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

/** What the address asks for beside a conversation. */
export function Beside({ id }: { id: number }) {
  const { chat } = useAccount();
  const search = useMemo(() => new ConversationSearch(chat, id), [chat, id]);
  const now = route.value;
  switch (now.view === "conversation" && now.panel) {
    case "search":
      return <SearchPanel id={id} search={search} />;
    case "info":
      return (
        <Panel title={t("info.title")} id={id}>
          <InfoPanel id={id} />
        </Panel>
      );
    case "pins":
      return <PinsPanel id={id} />;
    default:
      return null;
  }
}
