import type { Message } from "parley-client";
import { useEffect, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { go, href } from "../state/router.ts";
import { useAction } from "../state/use-action.ts";
import { Page } from "../ui/page.tsx";
import { MessageLink } from "./message-link.tsx";

/** A search begins when nothing was typed for this time, in ms. */
const PAUSE = 300;

/** Searches all conversations of the user, newest matches first. */
export function SearchPage({ query }: { query: string }) {
  const { chat } = useAccount();
  const [text, setText] = useState(query);
  const [found, setFound] = useState<{ items: readonly Message[]; next: string | null }>();
  const search = useAction(async (before?: string) => {
    const input = { q: query, ...(before && { before }) };
    const page = await chat.api.call("get", "/v1/messages/search", { query: input });
    setFound((former) => ({
      items: [...(before ? (former?.items ?? []) : []), ...page.items],
      next: page.next_before,
    }));
  });
  useEffect(() => {
    // An address that the user goes to meanwhile would be replaced.
    if (text.trim() === query) return;
    const wait = setTimeout(() => go({ view: "search", query: text.trim() }, { replace: true }), PAUSE);
    return () => clearTimeout(wait);
  }, [text]);
  useEffect(() => {
    setFound(undefined);
    if (query) void search.run();
  }, [query]);
  const words = query.split(/\s+/);
  return (
    <Page title={t("search.title")} back={href({ view: "home" })}>
      <input
        type="search"
        autofocus
        value={text}
        placeholder={t("search.placeholder")}
        aria-label={t("search.placeholder")}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <p role="status" class="status">
        {query && found ? t("search.found", { n: found.items.length }) : ""}
        {search.problem}
      </p>
      <ul class="found-list">
        {found?.items.map((message) => (
          <li key={`${message.conversation_id}:${message.seq}`}>
            <MessageLink message={message} words={words} />
          </li>
        ))}
      </ul>
      {found?.next && (
        <button class="link" type="button" onClick={() => void search.run(found.next ?? undefined)}>
          {t("search.more")}
        </button>
      )}
    </Page>
  );
}
