import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { copyLink } from "../../invitation/link.ts";
import { Dialog } from "../../ui/dialog.tsx";

/** The services whose form the server knows, with what their URLs end in. */
const SERVICES = [
  ["", "hooks.other"],
  ["/slack", "Slack"],
  ["/discord", "Discord"],
  ["/github", "GitHub"],
  ["/grafana", "Grafana"],
  ["/alertmanager", "Alertmanager"],
] as const;

/** Shows the URL of a hook, once: the server does not know it any more. */
export function UrlDialog({ url, onClose }: { url: string; onClose: () => void }) {
  const [end, setEnd] = useState<string>("");
  const shown = url + end;
  return (
    <Dialog title={t("hooks.url")} onClose={onClose}>
      <div class="form">
        <p>{t("hooks.once")}</p>
        <label class="field">
          <span>{t("hooks.service")}</span>
          <select value={end} onChange={({ currentTarget }) => setEnd(currentTarget.value)}>
            {SERVICES.map(([path, name]) => (
              <option key={path} value={path}>
                {name === "hooks.other" ? t(name) : name}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span>{t("hooks.url")}</span>
          <input readOnly value={shown} />
        </label>
        <button class="primary" type="button" onClick={() => void copyLink(shown)}>
          {t("group.copy")}
        </button>
      </div>
    </Dialog>
  );
}
