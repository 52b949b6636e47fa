import { useChat } from "parley-client/react";
import { t } from "../../i18n/i18n.ts";
import { openSearch } from "../../search/search.ts";
import { useAccount } from "../../state/context.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { Empty } from "../../ui/missing/empty.tsx";
import { Placeholder } from "../../ui/missing/placeholder.tsx";
import { Panel } from "../panels/panel.tsx";
import { ThreadLink } from "./thread-link.tsx";

/** The threads of a conversation that the user follows, the newest reply first. */
export function ThreadsPanel({ id }: { id: number }) {
  const { chat } = useAccount();
  const unread = useChat(chat, (state) => state.conversation(id)?.threads_unread) ?? 0;
  // A reply of others changes the count, and then the list has to be another one.
  const { value, problem } = useLoaded(
    `${id}`,
    () => chat.api.call("get", "/v1/conversations/{id}/threads", { path: { id } }),
    unread,
  );
  return (
    <Panel title={t("threads.title")} id={id}>
      {problem && <p class="problem">{problem}</p>}
      {!value && !problem && <Placeholder />}
      {value?.items.length === 0 && (
        <Empty icon="thread" text={t("threads.empty")}>
          <button class="primary" type="button" onClick={() => openSearch(`in:#${id} `)}>
            {t("find.title")}
          </button>
        </Empty>
      )}
      <ul class="threads">
        {value?.items.map((thread) => (
          <li key={thread.root.seq}>
            <ThreadLink thread={thread} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
