import { useLayoutEffect, useRef } from "preact/hooks";
import { short } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { useNames } from "../../state/use-names.ts";
import { placeBeside } from "../../ui/menu.tsx";
import type { Receipt } from "./use-receipts.ts";

/** So many users are named; the others are counted. */
const NAMED = 100;

interface Props {
  /** the button that it belongs to */
  button: HTMLElement;
  /** who has read the message */
  readers: readonly (Receipt & { user: number })[];
  /** who has not */
  others: readonly number[];
  onClose: () => void;
}

/** Who has read a message, and who has not, by name. */
export function Readers({ button, readers, others, onClose }: Props) {
  const popover = useRef<HTMLDivElement>(null);
  const names = useNames([...readers.map(({ user }) => user), ...others].slice(0, NAMED));
  useLayoutEffect(() => {
    popover.current?.showPopover();
    placeBeside(popover.current, button);
    popover.current?.focus();
  }, [button]);
  return (
    <div
      ref={popover}
      class="menu readers"
      popover="auto"
      role="dialog"
      aria-label={t("reads.title")}
      tabIndex={-1}
      onToggle={({ newState }) => {
        if (newState === "open") return;
        if (document.activeElement === document.body) button.focus();
        onClose();
      }}
    >
      {readers.length > 0 && <h4>{t("reads.by", { n: readers.length })}</h4>}
      <ul>
        {readers.slice(0, NAMED).map(({ user, at }) => (
          <li key={user}>
            <bdi>{names.get(user)}</bdi> {at > 0 && <small>{short(at)}</small>}
          </li>
        ))}
      </ul>
      {others.length > 0 && <h4>{t("reads.notBy", { n: others.length })}</h4>}
      <ul>
        {others.slice(0, Math.max(0, NAMED - readers.length)).map((user) => (
          <li key={user}>
            <bdi>{names.get(user)}</bdi>
          </li>
        ))}
      </ul>
      {readers.length + others.length > NAMED && (
        <p>{t("notice.others", { n: readers.length + others.length - NAMED })}</p>
      )}
    </div>
  );
}
