import { t } from "../i18n/i18n.ts";

interface Props {
  /** how many messages; none: nothing is shown */
  n: number | undefined;
  /** whether the user has muted them */
  isMuted?: boolean;
}

/** How many messages are unread. */
export function UnreadBadge({ n = 0, isMuted }: Props) {
  if (n === 0) return null;
  return (
    <span class="badge" data-silent={isMuted} role="img" aria-label={t("list.unread", { n })}>
      {n > 999 ? "999+" : n}
    </span>
  );
}
