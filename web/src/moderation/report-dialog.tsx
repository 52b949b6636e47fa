import { Problem } from "parley-client";
import { useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { useAccount } from "../state/context.ts";
import { useAction } from "../state/use-action.ts";
import { Dialog } from "../ui/dialog.tsx";
import { ProblemText } from "../ui/problem-text.tsx";
import { toast } from "../ui/toasts.tsx";

/** What is reported, as the call has it. */
export type Reportable =
  | { message: { conversation_id: number; seq: number } }
  | { user_id: number }
  | { conversation_id: number };

const REASONS = ["spam", "abuse", "violence", "sexual", "self_harm", "illegal", "other"] as const;
/** The server takes so many characters. */
const MAX_NOTE = 1_000;

interface Props {
  about: Reportable;
  title: string;
  onClose: () => void;
}

/** Asks what is wrong, and tells the moderators. */
export function ReportDialog({ about, title, onClose }: Props) {
  const { chat } = useAccount();
  const [why, setWhy] = useState<(typeof REASONS)[number]>();
  const [note, setNote] = useState("");
  const [isOver, setOver] = useState(false);
  const { run, isBusy, problem } = useAction(async (reason: (typeof REASONS)[number]) => {
    try {
      await chat.api.call("post", "/v1/reports", { body: { ...about, reason, note: note.trim() } });
    } catch (error) {
      if (!(error instanceof Problem) || error.code !== "quota") throw error;
      setOver(true);
      return;
    }
    toast(t("report.sent"));
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (why) void run(why);
        }}
      >
        <fieldset>
          <legend>{t("report.why")}</legend>
          {REASONS.map((one) => (
            <label key={one}>
              <input type="radio" name="reason" required checked={why === one} onChange={() => setWhy(one)} />
              {t(`report.reason.${one}`)}
            </label>
          ))}
        </fieldset>
        <label class="field">
          {t("report.note")}
          <textarea
            dir="auto"
            maxLength={MAX_NOTE}
            value={note}
            onInput={({ currentTarget }) => setNote(currentTarget.value)}
          />
        </label>
        <p class="status">{t("message" in about ? "report.hintMessage" : "report.hint")}</p>
        <ProblemText text={isOver ? t("report.limit") : problem} />
        <button class="primary" type="submit" disabled={isBusy || isOver}>
          {t("report.send")}
        </button>
      </form>
    </Dialog>
  );
}
