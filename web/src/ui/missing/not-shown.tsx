import { t } from "../../i18n/i18n.ts";

interface Props {
  text: string;
  onRetry: () => void;
}

/** Stands in the place of a view that is missing: the user may try again, or go back. */
export function NotShown({ text, onRetry }: Props) {
  return (
    <div class="not-loaded" role="status">
      <p>{text}</p>
      <div class="actions">
        <button class="secondary go-back" type="button" onClick={goBack}>
          {t("action.back")}
        </button>
        <button class="secondary" type="button" onClick={onRetry}>
          {t("action.retry")}
        </button>
      </div>
    </div>
  );
}

function goBack(): void {
  if (history.length > 1) history.back();
  else location.hash = "#/";
}
