import { t } from "../i18n/i18n.ts";
import { Dialog } from "../ui/dialog.tsx";

/** The keys of `shortcuts.ts`, of a message that has the focus, and of the field, and what they do. */
const SECTIONS = [
  {
    title: "keys.page",
    shortcuts: [
      { keys: ["Ctrl", "K"], label: "keys.switcher" },
      { keys: ["Alt", "↓"], label: "keys.next" },
      { keys: ["Alt", "↑"], label: "keys.previous" },
      { keys: ["Alt", "Shift", "↓"], label: "keys.unread" },
      { keys: ["Ctrl", "Shift", "F"], label: "keys.search" },
      { keys: ["Alt", "N"], label: "keys.new" },
      { keys: ["?"], label: "keys.help" },
      { keys: ["Esc"], label: "keys.close" },
    ],
  },
  {
    title: "keys.message",
    shortcuts: [
      { keys: ["Shift", "Tab"], label: "keys.toMessages" },
      { keys: ["↑", "↓"], label: "keys.neighbours" },
      { keys: ["Enter"], label: "keys.actions" },
      { keys: ["+"], label: "keys.react" },
      { keys: ["R"], label: "action.reply" },
      { keys: ["E"], label: "action.edit" },
      { keys: ["T"], label: "action.thread" },
      { keys: ["C"], label: "action.copy" },
      { keys: ["F"], label: "action.forward" },
      { keys: ["X"], label: "action.select" },
      { keys: ["P"], label: "action.pin" },
      { keys: ["S"], label: "action.save" },
      { keys: ["U"], label: "action.unread" },
      { keys: ["Del"], label: "action.revoke" },
    ],
  },
  {
    title: "keys.field",
    shortcuts: [
      { keys: ["↑"], label: "keys.editLast" },
      { keys: ["Ctrl", "B"], label: "keys.bold" },
      { keys: ["Ctrl", "I"], label: "keys.italic" },
      { keys: ["Ctrl", "E"], label: "keys.code" },
      { keys: ["Ctrl", "Shift", "X"], label: "keys.struck" },
      { keys: ["Ctrl", "Shift", "S"], label: "keys.spoiler" },
      { keys: ["@"], label: "keys.mention" },
      { keys: [":"], label: "keys.emoji" },
    ],
  },
] as const;

/** What the keyboard can do. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  const isMac = navigator.platform.startsWith("Mac");
  return (
    <Dialog title={t("keys.title")} onClose={onClose}>
      {SECTIONS.map(({ title, shortcuts }) => (
        <section key={title} class="group">
          <h3>{t(title)}</h3>
          <dl class="keys">
            {shortcuts.map(({ keys, label }) => (
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
        </section>
      ))}
    </Dialog>
  );
}
