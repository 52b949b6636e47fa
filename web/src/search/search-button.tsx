import { t } from "../i18n/i18n.ts";
import { hasKeyboard } from "../lib/system/keyboard.ts";
import { MOD } from "../state/send-key.ts";
import { Icon } from "../ui/icon.tsx";
import { openSearch } from "./search.ts";

/** What looks like the field of the search, and opens it. */
export function SearchButton() {
  return (
    <button type="button" class="filter" aria-keyshortcuts="Control+K Meta+K" onClick={() => openSearch()}>
      <Icon name="search" />
      {t("search.title")}
      {hasKeyboard() && (
        <span aria-hidden="true">
          <kbd>{MOD === "⌘" ? "⌘K" : `${MOD} K`}</kbd>
        </span>
      )}
    </button>
  );
}
