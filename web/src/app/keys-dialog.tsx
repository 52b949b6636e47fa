import { t } from "../i18n/i18n.ts";
import { Dialog } from "../ui/dialog.tsx";
import { SHORTCUTS } from "./shortcuts.ts";

/** What the keyboard can do. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  const isMac = navigator.platform.startsWith("Mac");
  return (
    <Dialog title={t("keys.title")} onClose={onClose}>
      <dl class="keys">
        {SHORTCUTS.map(({ keys, label }) => (
          <div key={label}>
            <dt>{t(label)}</dt>
            <dd>
              {keys.map((key) => (
                <kbd key={key}>{isMac && key === "Ctrl" ? "⌘" : key}</kbd>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
