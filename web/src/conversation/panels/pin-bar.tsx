import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { preview } from "../../message/preview.ts";
import { routeOf } from "../../message/route-of.ts";
import { href } from "../../state/router.ts";
import { Icon } from "../../ui/icon.tsx";
import { conversationAddress } from "../address.ts";
import { usePins } from "./use-pins.ts";

/** The message that was pinned last, above the timeline. It leads there, and to all that are pinned. */
export function PinBar({ id }: { id: number }) {
  const { value } = usePins(id);
  const items = value?.items ?? [];
  const [newest] = items;
  if (!newest) return null;
  return (
    <div class="pin-bar">
      <a href={href(routeOf(newest))}>
        <Icon name="pin" />
        <strong>
          <bdi>{nameOf(newest.sender)}</bdi>
        </strong>
        <span dir="auto">{preview(newest)}</span>
      </a>
      {items.length > 1 && (
        <a href={href(conversationAddress(id, "pins"))}>{t("pins.all", { n: items.length })}</a>
      )}
    </div>
  );
}
