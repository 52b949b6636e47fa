import { useEffect } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { Dialog } from "../dialog.tsx";

interface Props {
  /** what is done, on the button */
  verb: string;
  text: string;
  onAnswer: (isConfirmed: boolean) => void;
  onClose: () => void;
}

/** Asks the user before something that does not come back. */
export function Question({ verb, text, onAnswer, onClose }: Props) {
  // A question that goes with the user's page is not for the next one.
  useEffect(() => onClose, []);
  return (
    <Dialog title={verb} onClose={onClose}>
      <p>{text}</p>
      <div class="actions dialog-actions">
        <button class="secondary" type="button" onClick={onClose}>
          {t("action.cancel")}
        </button>
        <button class="primary danger" type="button" onClick={() => onAnswer(true)}>
          {verb}
        </button>
      </div>
    </Dialog>
  );
}
