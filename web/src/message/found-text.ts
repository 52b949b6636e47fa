import { t } from "../i18n/i18n.ts";

/** How many messages a search has found so far. @param hasMore whether there may be further ones */
export function foundText(n: number, hasMore: boolean): string {
  return n === 0 && !hasMore ? t("search.none") : t("search.found", { n, more: hasMore ? "+" : "" });
}
