import type { Composition } from "parley-react/composer";
import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { preview } from "../../message/preview.ts";
import { Icon } from "../../ui/icon.tsx";
import { IconButton } from "../../ui/icon-button.tsx";

interface Props {
  mode: Exclude<Composition, { mode: "write" }>;
  onCancel: () => void;
}

/** Above the field: the message that is answered or edited. */
export function Target({ mode, onCancel }: Props) {
  const { message } = mode;
  const isReply = mode.mode === "reply";
  const editing = message.kind === "text" ? "composer.editing" : "composer.editingCaption";
  return (
    <div class="target">
      <Icon name={isReply ? "reply" : "edit"} />
      <p>
        <strong>{isReply ? t("composer.replying", { name: nameOf(message.sender) }) : t(editing)}</strong>
        <span dir="auto">{preview(message)}</span>
      </p>
      <IconButton icon="close" label={t("composer.cancel", { key: "Esc" })} onClick={onCancel} />
    </div>
  );
}
