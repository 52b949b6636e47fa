import { t } from "../i18n/i18n.ts";

/** A list that comes in pages, as these views need it. */
interface Paged {
  items: readonly unknown[] | undefined;
  hasMore: boolean;
  problem: string;
  more: () => void;
}

interface Props {
  pages: Paged;
  /** what to say of a list without items */
  empty: string;
}

/** What stands below a list in pages: that it loads, is empty, has more, or did not come. */
export function More({ pages, empty }: Props) {
  const { items, problem } = pages;
  if (problem)
    return (
      <>
        <p class="problem">{problem}</p>
        <MoreButton pages={pages} />
      </>
    );
  if (!items) return <p class="status">{t("conversation.loading")}</p>;
  if (items.length === 0) return <p class="blank">{empty}</p>;
  return <MoreButton pages={pages} />;
}

/** The button that loads the next page of a list, if there is one. */
export function MoreButton({ pages: { hasMore, more } }: { pages: Pick<Paged, "hasMore" | "more"> }) {
  if (!hasMore) return null;
  return (
    <button class="link" type="button" onClick={more}>
      {t("search.more")}
    </button>
  );
}
