import { useId, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { type StaffKey, st } from "../../i18n/staff.ts";
import { useAction } from "../../state/use-action.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { toast } from "../../ui/toasts.tsx";
import { SINCE, TimeChoice, UNTIL } from "./time-choice.tsx";

/** The server takes so many characters. */
const MAX_REASON = 1_000;
const DAY = 86_400_000;
const HOUR = 3_600_000;

interface Props {
  title: string;
  /** on the button */
  verb: string;
  /** what becomes of it */
  text?: string;
  /** the time that is asked for; absent: none */
  time?: "until" | "since";
  /** what is said when it is done */
  done: StaffKey;
  /** @param at ms since 1970; null: for good, or from the beginning */
  act: (reason: string, at: number | null) => Promise<unknown>;
  onClose: () => void;
}

/** Asks why staff does something, and does it. */
export function ActionDialog({ title, verb, text, time, done, act, onClose }: Props) {
  const hint = useId();
  const [why, setWhy] = useState("");
  const [at, setAt] = useState<number | null>(() => Date.now() + (time === "until" ? DAY : -HOUR));
  const { run, isBusy, problem } = useAction(async () => {
    await act(why.trim(), at);
    toast(st(done));
    onClose();
  });
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        class="form"
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        {text && <p>{text}</p>}
        {time && (
          <TimeChoice label={`field.${time}`} options={time === "until" ? UNTIL : SINCE} onChange={setAt} />
        )}
        <label class="field">
          {st("field.reason")}
          <textarea
            dir="auto"
            required
            maxLength={MAX_REASON}
            value={why}
            aria-describedby={hint}
            onInput={({ currentTarget }) => setWhy(currentTarget.value)}
          />
          <small id={hint}>{st("field.reasonHint")}</small>
        </label>
        <ProblemText text={problem} />
        <div class="actions dialog-actions">
          <button class="secondary" type="button" onClick={onClose}>
            {t("action.cancel")}
          </button>
          <button class="primary danger" type="submit" disabled={isBusy || !why.trim()}>
            {verb}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
