import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { foundText } from "../../message/found-text.ts";
import { useAccount } from "../../state/context.ts";
import { Icon } from "../../ui/icon.tsx";
import { lazy } from "../../ui/lazy.tsx";
import { Found } from "./found.tsx";
import { Panel } from "./panel.tsx";
import { MAX_QUERY, searchOf } from "./search.ts";

const DateDialog = lazy(async () => (await import("../timeline/date-dialog.tsx")).DateDialog);

/** A search begins when the user has not typed for this time, in ms. */
const REST = 350;

/** The messages of a conversation that have a text in them. */
export function SearchPanel({ id }: { id: number }) {
  const { chat } = useAccount();
  const search = searchOf(chat, id);
  const { query, hits, isBusy, problem, next } = search;
  const [text, setText] = useState(query.peek());
  const [isAskingDate, setAskingDate] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    field.current?.select();
  }, []);
  const wanted = text.trim();
  useEffect(() => {
    if (wanted === query.peek()) return;
    const timer = setTimeout(() => search.search(wanted), REST);
    return () => clearTimeout(timer);
  }, [wanted, search, query]);
  const found = hits.value;
  return (
    <Panel title={t("find.title")} id={id} place={search}>
      <div class="panel-list">
        <form
          class="search-field"
          onSubmit={(event) => {
            event.preventDefault();
            if (wanted !== query.peek()) search.search(wanted);
          }}
        >
          <input
            ref={field}
            type="search"
            value={text}
            maxLength={MAX_QUERY}
            placeholder={t("find.words")}
            aria-label={t("find.words")}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
          <button class="link with-icon" type="button" onClick={() => setAskingDate(true)}>
            <Icon name="calendar" />
            {t("timeline.toDate")}
          </button>
        </form>
        {isAskingDate && <DateDialog id={id} at={Date.now()} onClose={() => setAskingDate(false)} />}
        <p class="panel-status" role="status">
          {isBusy.value && !found
            ? t("find.searching")
            : found && !problem.value && foundText(found.length, next.value !== null)}
        </p>
        {found && (
          <ol class="hits" data-old={isBusy.value && next.value === null}>
            {found.map((message) => (
              <Found key={message.seq} message={message} part={query.value} panel="search" />
            ))}
          </ol>
        )}
        {problem.value && (
          <p class="problem">
            {problem.value}{" "}
            <button class="link" type="button" onClick={() => search.more()}>
              {t("action.retry")}
            </button>
          </p>
        )}
        {found && next.value !== null && !problem.value && (
          <button class="link more" type="button" disabled={isBusy.value} onClick={() => search.more()}>
            {t(isBusy.value ? "find.searching" : "find.more")}
          </button>
        )}
      </div>
    </Panel>
  );
}
