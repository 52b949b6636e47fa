import { useId, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { MAX_TEXT } from "../composer/limits.ts";
import { timeProblem, toField, toMoment } from "../dialogs/moments.ts";
import { TimeField } from "../dialogs/time-field.tsx";
import type { Scheduled } from "./scheduled.ts";

interface Props {
  scheduled: Scheduled;
  onClose: () => void;
  onSaved: () => void;
}

/** Changes the time of a scheduled message, and the text if it has one. */
export function ScheduledEdit({ scheduled, onClose, onSaved }: Props) {
  const { chat } = useAccount();
  const before = "kind" in scheduled && scheduled.kind === "text" ? scheduled.body.text : undefined;
  const [text, setText] = useState(before ?? "");
  const [when, setWhen] = useState(() => toField(scheduled.send_at));
  const [problem, setProblem] = useState("");
  const id = useId();
  const { run, ...action } = useAction((send_at: number) => {
    const content = before !== undefined && { kind: "text" as const, body: { text: text.trim() } };
    const body = content ? { send_at, ...content } : { send_at };
    return chat.api.call("patch", "/v1/scheduled/{id}", { path: { id: scheduled.id }, body });
  });
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const at = toMoment(when);
    const wrong = timeProblem(at);
    setProblem(wrong);
    if (!wrong && (await run(at))) onSaved();
  };
  return (
    <Dialog title={t("scheduled.edit")} onClose={onClose}>
      <form class="dialog-form" onSubmit={submit}>
        {before !== undefined && (
          <div class="field">
            <label for={id}>{t("scheduled.text")}</label>
            <textarea
              id={id}
              dir="auto"
              required
              rows={3}
              maxLength={MAX_TEXT}
              value={text}
              onInput={({ currentTarget }) => setText(currentTarget.value)}
            />
          </div>
        )}
        <TimeField value={when} onChange={setWhen} />
        {(problem || action.problem) && (
          <p class="problem" role="alert">
            {problem || action.problem}
          </p>
        )}
        <button class="primary" type="submit" disabled={action.isBusy}>
          {t("scheduled.save")}
        </button>
      </form>
    </Dialog>
  );
}
