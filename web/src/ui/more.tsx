import type { ComponentChildren } from "preact";
import { t } from "../i18n/i18n.ts";
import type { IconName } from "./icon.tsx";
import { Empty } from "./missing/empty.tsx";
import { Placeholder } from "./missing/placeholder.tsx";

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
  /** a drawing above that */
  icon?: IconName;
  /** what the user can do about it */
  children?: ComponentChildren;
}

/** What stands below a list in pages: that it loads, is empty, has more, or did not come. */
export function More({ pages, empty, icon = "search", children }: Props) {
  const { items, problem } = pages;
  if (problem)
    return (
      <>
        <p class="problem">{problem}</p>
        <MoreButton pages={pages} />
      </>
    );
  if (!items) return <Placeholder />;
  // A search looks at some of a list at a time: there may be more behind a page without any.
  if (items.length === 0 && !pages.hasMore)
    return (
      <Empty icon={icon} text={empty}>
        {children}
      </Empty>
    );
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
