import { MAX_TEXT } from "parley-react/message";
import type { ComponentChildren } from "preact";
import { useId, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAction } from "../../state/use-action.ts";
import { ProblemText } from "../../ui/problem-text.tsx";
import { timeProblem, toField, toMoment } from "./moments.ts";
import { TimeField } from "./time-field.tsx";

interface Props {
  /** the text at first; undefined: the form asks for the time alone */
  text: string | undefined;
  /** the time at first, in ms since 1970 */
  at: number;
  /** the label of the button that saves */
  label: string;
  /** Saves both. The form shows why it did not work. @param at in ms since 1970 */
  onSave: (at: number, text: string) => Promise<void>;
  /** a link below the button */
  children?: ComponentChildren;
}

/** Asks for the time at which a message is sent, and for its text. */
export function ScheduleForm({ text: before, at, label, onSave, children }: Props) {
  const [text, setText] = useState(before ?? "");
  const [first] = useState(() => toField(at));
  const [when, setWhen] = useState(first);
  const [wrongTime, setWrongTime] = useState("");
  const id = useId();
  const saving = useAction(onSave);
  const hasText = before !== undefined;
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    // A field has no seconds, and an hour that comes twice in autumn only once: a time that was left stays.
    const moment = when === first ? at : toMoment(when);
    const wrong = timeProblem(moment);
    setWrongTime(wrong);
    if (!wrong) void saving.run(moment, text.trim());
  };
  const problem = wrongTime || saving.problem;
  return (
    <form class="dialog-form" onSubmit={submit}>
      {hasText && (
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
      <ProblemText text={problem} />
      <button class="primary" type="submit" disabled={saving.isBusy || (hasText && text.trim() === "")}>
        {label}
      </button>
      {children}
    </form>
  );
}
