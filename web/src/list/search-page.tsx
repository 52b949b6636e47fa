import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { foundText } from "../message/found-text.ts";
import { useAccount } from "../state/context.ts";
import { go, href } from "../state/router.ts";
import { usePages } from "../state/use-pages.ts";
import { MoreButton } from "../ui/more.tsx";
import { Page } from "../ui/page.tsx";
import { MessageLink } from "./message-link.tsx";

/** A search begins when nothing was typed for this time, in ms. */
const PAUSE = 300;

/** Searches all conversations of the user, newest matches first. */
export function SearchPage({ query }: { query: string }) {
  const { chat } = useAccount();
  const [text, setText] = useState(query);
  /** the words that the page has gone to last */
  const asked = useRef(query);
  const pages = usePages(async ({ cursor: before }) => {
    if (!query) return { items: [], next_cursor: null };
    const input = { q: query, match: "words" as const, ...(before && { before }) };
    const { items, next_before } = await chat.api.call("get", "/v1/messages/search", { query: input });
    return { items, next_cursor: next_before };
  }, query);
  useEffect(() => {
    // An address that the user goes to meanwhile would be replaced.
    if (text.trim() === query) return;
    const wait = setTimeout(() => {
      asked.current = text.trim();
      go({ view: "search", query: asked.current }, { replace: true });
    }, PAUSE);
    return () => clearTimeout(wait);
  }, [text]);
  // The way back and a link lead to other words.
  useEffect(() => {
    if (query === asked.current) return;
    asked.current = query;
    setText(query);
  }, [query]);
  const field = useRef<HTMLInputElement>(null);
  // `autofocus` works in a page that is loaded alone.
  useEffect(() => field.current?.focus(), []);
  return (
    <Page title={t("search.title")} back={href({ view: "home" })}>
      <input
        ref={field}
        type="search"
        value={text}
        placeholder={t("search.placeholder")}
        aria-label={t("search.placeholder")}
        onInput={({ currentTarget }) => setText(currentTarget.value)}
      />
      <p role="status" class="status">
        {query && pages.items ? foundText(pages.items.length, pages.hasMore) : ""}
        {pages.problem}
      </p>
      {!query && <p class="status">{t("search.hint")}</p>}
      <ul class="found-list">
        {pages.items?.map((message) => (
          <li key={`${message.conversation_id}:${message.seq}`}>
            <MessageLink message={message} part={query} />
          </li>
        ))}
      </ul>
      <MoreButton pages={pages} />
    </Page>
  );
}
