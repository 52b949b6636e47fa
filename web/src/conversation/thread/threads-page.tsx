import type { components } from "parley-client";
import { useChat } from "parley-client/react";
import { useEffect, useRef } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { openSearch } from "../../search/search.ts";
import { useAccount } from "../../state/context.ts";
import { href } from "../../state/router.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { usePages } from "../../state/use-pages.ts";
import { More } from "../../ui/more.tsx";
import { Page } from "../../ui/page.tsx";
import { ThreadLink } from "./thread-link.tsx";

type Thread = components["schemas"]["Thread"];

/** The threads that the user follows in all conversations: those with unread replies, then the others. */
export function ThreadsPage() {
  const { chat } = useAccount();
  const total = useChat(chat, ({ conversations }) =>
    conversations.reduce((sum, { threads_unread: n }) => sum + n, 0),
  );
  const list = (query: { cursor?: string; unread?: boolean; limit?: number }) =>
    chat.api.call("get", "/v1/threads", { query });
  // A reply of others, and a read one, changes the number, and then the lists have to be others.
  const unread = useLoaded("unread", () => list({ unread: true, limit: 100 }), total);
  const pages = usePages(list);
  const { reload } = pages;
  const known = useRef(total);
  useEffect(() => {
    if (known.current !== total) reload();
    known.current = total;
  }, [total]);
  const first = unread.value?.items ?? [];
  const isFirst = new Set(first.map(keyOf));
  const others = pages.items?.filter((thread) => !isFirst.has(keyOf(thread)));
  return (
    <Page title={t("threads.title")} back={href({ view: "home" })}>
      {unread.problem && <p class="problem">{unread.problem}</p>}
      {first.length > 0 && (
        <section class="group">
          <h3>{t("threads.unread")}</h3>
          <Threads items={first} />
        </section>
      )}
      <section class="group">
        {first.length > 0 && others && others.length > 0 && <h3>{t("threads.others")}</h3>}
        <Threads items={others ?? []} />
        <More pages={pages} icon="thread" empty={t("threads.none")}>
          <button class="primary" type="button" onClick={() => openSearch("")}>
            {t("search.open")}
          </button>
        </More>
      </section>
    </Page>
  );
}

function Threads({ items }: { items: readonly Thread[] }) {
  const { chat } = useAccount();
  return (
    <ul class="threads">
      {items.map((thread) => (
        <li key={keyOf(thread)}>
          <ThreadLink
            thread={thread}
            where={chat.state.conversation(thread.root.conversation_id)?.name ?? t("list.otherConversation")}
          />
        </li>
      ))}
    </ul>
  );
}

function keyOf({ root: { conversation_id: id, seq } }: Thread): string {
  return `${id} ${seq}`;
}
