import { t } from "../i18n/i18n.ts";
import { Dialog } from "../ui/dialog.tsx";

/** The keys of `shortcuts.ts`, and what they do. */
const SHORTCUTS = [
  { keys: ["Ctrl", "K"], label: "keys.switcher" },
  { keys: ["Alt", "↓"], label: "keys.next" },
  { keys: ["Alt", "↑"], label: "keys.previous" },
  { keys: ["Alt", "Shift", "↓"], label: "keys.unread" },
  { keys: ["Ctrl", "Shift", "F"], label: "keys.search" },
  { keys: ["Alt", "N"], label: "keys.new" },
  { keys: ["?"], label: "keys.help" },
  { keys: ["Esc"], label: "keys.close" },
] as const;

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
