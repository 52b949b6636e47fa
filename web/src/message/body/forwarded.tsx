import { t } from "../../i18n/i18n.ts";
import { useNames } from "../../state/use-names.ts";
import { Icon } from "../../ui/icon.tsx";

/** Says of whom a forwarded message was first. */
export function Forwarded({ senderId }: { senderId: number }) {
  const name = useNames([senderId]).get(senderId);
  return (
    <small class="forwarded">
      <Icon name="forward" />
      <bdi>{name ? t("message.forwardedFrom", { name }) : t("message.forwarded")}</bdi>
    </small>
  );
}
