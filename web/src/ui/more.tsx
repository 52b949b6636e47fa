import { t } from "../i18n/i18n.ts";

interface Props {
  pages: { items: readonly unknown[] | undefined; hasMore: boolean; problem: string; more: () => void };
  /** what to say of a list without items */
  empty: string;
}

/** What stands below a list in pages: that it loads, is empty, has more, or did not come. */
export function More({ pages: { items, hasMore, problem, more }, empty }: Props) {
  if (problem) return <p class="problem">{problem}</p>;
  if (!items) return <p class="status">{t("conversation.loading")}</p>;
  if (items.length === 0) return <p class="blank">{empty}</p>;
  if (!hasMore) return null;
  return (
    <button class="link" type="button" onClick={more}>
      {t("search.more")}
    </button>
  );
}
