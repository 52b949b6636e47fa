import { t } from "../../i18n/i18n.ts";

interface Props {
  rows?: number;
  /** what is loading: rows with a picture and two lines, or messages */
  of?: "rows" | "messages";
}

/** What stands for rows that are loading, where that lasts. */
export function Placeholder({ rows = 6, of = "rows" }: Props) {
  return (
    <div class="placeholder" data-of={of}>
      <span class="visually-hidden">{t("conversation.loading")}</span>
      {Array.from({ length: rows }, (_, i) => (
        <i key={i} />
      ))}
    </div>
  );
}
