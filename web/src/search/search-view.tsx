import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { hasKeyboard, isComposing } from "../lib/system/keyboard.ts";
import { MessageLink } from "../list/message-link.tsx";
import { routeOf } from "../message/route-of.ts";
import { go, href, route } from "../state/router.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { lazy } from "../ui/lazy.tsx";
import { Boundary } from "../ui/missing/boundary.tsx";
import { Empty } from "../ui/missing/empty.tsx";
import { Placeholder } from "../ui/missing/placeholder.tsx";
import { MoreButton } from "../ui/more.tsx";
import { FilterButtons, FilterChips } from "./filters.tsx";
import { type Offer, type Offers, useFilterValues, usePlaces } from "./offers.tsx";
import { begunFilter, FILTERS, type Filter, formatQuery, parseQuery, type Query } from "./query.ts";
import { closeSearch, noteAddress, search, wanted } from "./search.ts";
import { useFoundMessages } from "./use-found-messages.ts";
import { usePaused } from "./use-paused.ts";

const DateDialog = lazy(async () => (await import("../conversation/timeline/date-dialog.tsx")).DateDialog);

/** A search begins when nothing was typed for this time, in ms. */
const PAUSE = 300;
/** The server takes so many characters, and filters stand beside them. */
const MAX_LENGTH = 100;

/** The search for people, conversations and messages, in the place of the list. */
export function SearchView({ written, onClose = leave }: { written: string; onClose?: () => void }) {
  const query = parseQuery(written);
  const { text, filters } = query;
  const isNarrowed = FILTERS.some((name) => filters[name] !== undefined);
  const [marked, setMarked] = useState("");
  const [isAskingDate, setAskingDate] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const focused = useRef(-1);
  // Where a conversation stands in the place of the list, the field can have the focus once the address is
  // that of the search.
  void route.value;
  useLayoutEffect(() => {
    if (focused.current === wanted.value || !field.current?.checkVisibility()) return;
    focused.current = wanted.value;
    field.current.focus();
    field.current.select();
  });

  const values = useFilterValues(query);
  const paused = usePaused(written, PAUSE);
  const rested = parseQuery(paused);
  useEffect(noteAddress, [paused]);
  const asked = begunFilter(rested.text) ? { ...rested, text: "" } : rested;
  const pages = useFoundMessages(asked);
  const places = usePlaces(values || isNarrowed ? { text: "", filters } : query);
  const hits: Offers = {
    title: t("search.messages"),
    offers: (pages.items ?? []).map((message) => ({
      ...{ key: `m-${message.conversation_id}-${message.seq}`, to: routeOf(message), message },
    })),
  };
  const sections = (
    values ? [values] : isNarrowed ? [hits] : text.trim() ? [...places, hits] : places
  ).filter(({ offers }) => offers.length > 0);
  const offers = sections.flatMap((section) => section.offers);
  const chosen = offers.find(({ key }) => key === marked) ?? offers[0];
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [chosen?.key]);

  const change = (next: Query) => {
    setMarked("");
    search.value = formatQuery(next);
    field.current?.focus();
    field.current?.setSelectionRange(MAX_LENGTH, MAX_LENGTH);
  };
  const choose = (offer: Offer | undefined) => {
    if (offer?.query) change(offer.query);
    if (!offer?.to) return;
    setMarked(offer.key);
    // One goes from message to message.
    if (offer.message) noteAddress();
    else closeSearch();
    go(offer.to);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (isComposing(event)) return;
    const { key } = event;
    const step = { ArrowDown: 1, ArrowUp: -1 }[key];
    const last = FILTERS.findLast((name) => filters[name] !== undefined);
    if (step && chosen) {
      const next = offers[(offers.indexOf(chosen) + step + offers.length) % offers.length];
      setMarked(next?.key ?? "");
    } else if (key === "Enter") choose(chosen);
    else if (key === "Backspace" && text === "" && last) change(without(query, last));
    else return;
    event.preventDefault();
  };
  const begin = (filter: Filter) => change({ text: `${text.trimEnd()} ${filter}:`.trimStart(), filters });
  const option = (offer: Offer) => ({
    ...{ id: `offer-${offer.key}`, role: "option" as const, tabIndex: -1 },
    "aria-selected": offer === chosen,
    // The focus stays in the field.
    onPointerDown: (event: PointerEvent) => event.preventDefault(),
    onClick: (event: MouseEvent) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      choose(offer);
    },
  });
  const isDone = pages.items !== undefined && !pages.hasMore && paused === written;
  return (
    <search
      class="search"
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.defaultPrevented || isComposing(event)) return;
        if (event.target instanceof Element && event.target.closest("dialog")) return;
        event.preventDefault();
        onClose();
      }}
      onFocusOut={({ currentTarget, relatedTarget }) => {
        const isLeft = relatedTarget instanceof Node && !currentTarget.contains(relatedTarget);
        if (isLeft && written === "") closeSearch();
      }}
    >
      <div class="search-field">
        <FilterChips filters={filters} onRemove={(name) => change(without(query, name))} />
        <input
          ref={field}
          type="text"
          role="combobox"
          inputMode="search"
          enterkeyhint="search"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          aria-expanded="true"
          aria-controls="offers"
          aria-activedescendant={chosen && `offer-${chosen.key}`}
          aria-label={t("search.title")}
          placeholder={t(isNarrowed ? "search.words" : "search.placeholder")}
          maxLength={MAX_LENGTH}
          value={text}
          onInput={({ currentTarget }) => {
            setMarked("");
            search.value = formatQuery({ text: currentTarget.value, filters });
          }}
          onKeyDown={onKeyDown}
        />
        <IconButton icon="close" label={t("search.close")} onClick={onClose} />
      </div>
      <div class="search-filters">
        <FilterButtons filters={filters} onBegin={begin} />
        {filters.in !== undefined && (
          <button class="link" type="button" onClick={() => setAskingDate(true)}>
            {t("timeline.toDate")}
          </button>
        )}
      </div>
      {isAskingDate && filters.in !== undefined && (
        <DateDialog id={filters.in} at={Date.now()} onClose={() => setAskingDate(false)} />
      )}
      <div class="search-found">
        <div ref={list} id="offers" role="listbox" aria-label={t("search.results")}>
          {sections.map(({ title, offers: own }) => (
            <fieldset key={title} aria-label={title}>
              <h3 role="presentation">{title}</h3>
              {own.map((offer) =>
                offer.message ? (
                  <Boundary key={offer.key} of={offer.message} row="notice">
                    <MessageLink
                      message={offer.message}
                      part={asked.text}
                      isHere={filters.in !== undefined}
                      anchor={option(offer)}
                    />
                  </Boundary>
                ) : offer.to ? (
                  <a key={offer.key} class="offer" href={href(offer.to)} {...option(offer)}>
                    {offer.children}
                  </a>
                ) : (
                  <div key={offer.key} class="offer" {...option(offer)}>
                    {offer.children}
                  </div>
                ),
              )}
            </fieldset>
          ))}
        </div>
        <div role="status" class="status">
          {values?.offers.length === 0 && t("search.noValue")}
          {!values && isNarrowed && text.trim() === "" && t("search.wordsNeeded")}
          {!values && text.trim() && pages.items && hits.offers.length > 0
            ? t("search.found", { n: hits.offers.length, more: pages.hasMore ? "+" : "" })
            : ""}
          {!values && text.trim() && isDone && offers.length === 0 && (
            <Empty icon="search" text={t(isNarrowed ? "search.noMessages" : "search.nothing")}>
              {isNarrowed && (
                <button class="primary" type="button" onClick={() => change({ text, filters: {} })}>
                  {t("search.everywhere")}
                </button>
              )}
            </Empty>
          )}
          {!values && !pages.items && !pages.problem && (
            <span class="visually-hidden">{t("find.searching")}</span>
          )}
        </div>
        {!values && !pages.items && !pages.problem && <Placeholder rows={4} />}
        {pages.problem && (
          <p class="problem">
            {pages.problem}{" "}
            <button class="link" type="button" onClick={pages.reload}>
              {t("action.retry")}
            </button>
          </p>
        )}
        {!values && <MoreButton pages={pages} />}
      </div>
    </search>
  );
}

function without({ text, filters }: Query, name: Filter): Query {
  const { [name]: _, ...rest } = filters;
  return { text, filters: rest };
}

/** Closes the search. Who has a keyboard goes on in the conversation on screen. */
function leave(): void {
  closeSearch();
  if (hasKeyboard()) document.querySelector<HTMLElement>(".conversation .composer textarea")?.focus();
}
