import { webAddress } from "parley-react/message";
import { t } from "../../i18n/i18n.ts";
import { Dialog } from "../../ui/dialog.tsx";

interface Props {
  /** the name of the bot */
  bot: string;
  text: string;
  /** a page that the bot offers */
  url?: string | undefined;
  onClose: () => void;
}

/** What a bot answers to a tap, until the user closes it. Nothing is opened without their click. */
export function Answer({ bot, text, url = "", onClose }: Props) {
  return (
    <Dialog title={bot} onClose={onClose}>
      {text && <p dir="auto">{text}</p>}
      {webAddress(url) && (
        <p>
          <a href={url} target="_blank" rel="noopener noreferrer" onClick={onClose}>
            {url}
          </a>
        </p>
      )}
      <div class="actions dialog-actions">
        <button class="primary" type="button" onClick={onClose}>
          {t("action.close")}
        </button>
      </div>
    </Dialog>
  );
}
