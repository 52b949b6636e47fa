import { useEffect } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { isComposing } from "../../lib/keyboard.ts";
import { showDialog } from "../../ui/dialogs.tsx";
import { Icon } from "../../ui/icon.tsx";
import { IconButton } from "../../ui/icon-button.tsx";
import { lazy } from "../../ui/lazy.tsx";
import { selection } from "./selection.ts";

const ForwardDialog = lazy(async () => (await import("./forward-dialog.tsx")).ForwardDialog);

/** What can be done with the messages that the user has chosen, in place of the composer. */
export function SelectionBar({ id }: { id: number }) {
  const chosen = selection.value;
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || isComposing(event) || document.querySelector("dialog[open]")) return;
      // The page has another use for this key.
      event.preventDefault();
      end();
    };
    addEventListener("keydown", onKeyDown, true);
    return () => {
      removeEventListener("keydown", onKeyDown, true);
      // The user has left the conversation.
      if (selection.peek()?.id === id) end();
    };
  }, [id]);
  if (!chosen) return null;
  const items = [...chosen.seqs]
    .toSorted((one, other) => one - other)
    .map((seq) => ({ conversation_id: id, seq }));
  return (
    <div class="selection-bar" role="toolbar" aria-label={t("message.chosen", { n: items.length })}>
      <IconButton icon="close" label={t("action.cancel")} onClick={end} />
      <span role="status">{t("message.chosen", { n: items.length })}</span>
      <button
        type="button"
        class="primary"
        disabled={items.length === 0}
        onClick={() => showDialog((close) => <ForwardDialog items={items} onClose={close} onDone={end} />)}
      >
        <Icon name="forward" />
        {t("action.forward")}
      </button>
    </div>
  );
}

function end(): void {
  selection.value = null;
}
