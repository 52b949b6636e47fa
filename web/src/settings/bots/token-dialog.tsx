import { t } from "../../i18n/i18n.ts";
import { copyText } from "../../lib/system/clipboard.ts";
import { reason } from "../../state/problem.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { toast } from "../../ui/toasts.tsx";

/** Shows the token of a bot, once: the server does not know it any more. */
export function TokenDialog({ token, onClose }: { token: string; onClose: () => void }) {
  const copy = () =>
    copyText(token).then(
      () => toast(t("message.copied")),
      (error) => toast(reason(error)),
    );
  return (
    <Dialog title={t("bots.tokenTitle")} onClose={onClose}>
      <div class="form">
        <p>{t("bots.once")}</p>
        <label class="field">
          <span>{t("bots.tokenTitle")}</span>
          <input readOnly value={token} />
        </label>
        <button class="primary" type="button" onClick={() => void copy()}>
          {t("group.copy")}
        </button>
      </div>
    </Dialog>
  );
}
