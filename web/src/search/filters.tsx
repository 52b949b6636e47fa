import { useChat } from "parley-client/react";
import type { Key } from "../i18n/catalog.ts";
import { date } from "../i18n/format.ts";
import { t } from "../i18n/i18n.ts";
import { nameOf } from "../lib/names.ts";
import { useAccount } from "../state/context.ts";
import { useUser } from "../state/use-people.ts";
import { IconButton } from "../ui/icon-button.tsx";
import { beginOf, FILTERS, type Filter, type Filters } from "./query.ts";

/** What the filters are called. */
const LABELS = {
  from: "search.from",
  in: "search.in",
  after: "search.after",
  before: "search.before",
  has: "search.has",
} as const satisfies Record<Filter, Key>;

interface Props {
  filters: Filters;
  onRemove: (filter: Filter) => void;
}

/** The filters of a search, each of which can be removed. */
export function FilterChips({ filters, onRemove }: Props) {
  const { chat } = useAccount();
  const sender = useUser(filters.from ?? 0);
  const place = useChat(chat, (state) => filters.in && state.conversation(filters.in)?.name);
  const values: Record<Filter, string | undefined> = {
    from: sender && nameOf(sender),
    in: place || t("list.otherConversation"),
    after: filters.after && date(beginOf(filters.after)),
    before: filters.before && date(beginOf(filters.before)),
    has: filters.has && t(`search.kind.${filters.has}`),
  };
  const set = FILTERS.filter((name) => filters[name] !== undefined);
  if (set.length === 0) return null;
  return (
    <ul class="chips" aria-label={t("search.filters")}>
      {set.map((name) => {
        const text = t("search.chip", { filter: t(LABELS[name]), value: values[name] ?? "…" });
        return (
          <li key={name} class="chip">
            <bdi>{text}</bdi>
            <IconButton
              icon="close"
              label={t("picker.remove", { name: text })}
              onClick={() => onRemove(name)}
            />
          </li>
        );
      })}
    </ul>
  );
}

/** Buttons that begin the filters which a search does not have yet. */
export function FilterButtons({ filters, onBegin }: { filters: Filters; onBegin: (filter: Filter) => void }) {
  return (
    <fieldset class="filter-buttons" aria-label={t("search.narrow")}>
      {FILTERS.filter((name) => filters[name] === undefined).map((name) => (
        <button key={name} type="button" title={`${name}:`} onClick={() => onBegin(name)}>
          {t(LABELS[name])}
        </button>
      ))}
    </fieldset>
  );
}
