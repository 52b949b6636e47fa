import type { NewMessage } from "parley-client";
import { useId, useState } from "preact/hooks";
import { moment } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { href } from "../../state/router.ts";
import { useAction } from "../../state/use-action.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { toast } from "../../ui/toasts.tsx";
import { MAX_TEXT } from "../composer/limits.ts";
import { timeProblem, toField, toMoment, usualTimes } from "./moments.ts";
import { TimeField } from "./time-field.tsx";

interface Props {
  /** the conversation */
  id: number;
  /** what the user has written so far */
  message: Extract<NewMessage, { kind: "text" }>;
  onClose: () => void;
  onScheduled: () => void;
}

/** Asks when a message is sent, and leaves it with the server. */
export function ScheduleDialog({ id, message, onClose, onScheduled }: Props) {
  const { chat } = useAccount();
  const [text, setText] = useState(message.body.text);
  const [when, setWhen] = useState(() => toField(usualTimes()[0]?.at ?? 0));
  const [problem, setProblem] = useState("");
  // A repeat after a lost answer schedules nothing twice.
  const [clientMsgId] = useState(() => crypto.randomUUID());
  const fieldId = useId();
  const action = useAction((sendAt: number) =>
    chat.api.call("post", "/v1/conversations/{id}/messages", {
      path: { id },
      body: { ...message, body: { text: text.trim() }, client_msg_id: clientMsgId, send_at: sendAt },
    }),
  );
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const at = toMoment(when);
    const wrong = timeProblem(at);
    setProblem(wrong);
    if (wrong || !(await action.run(at))) return;
    toast(t("scheduled.done", { time: moment(at) }));
    onScheduled();
  };
  return (
    <Dialog title={t("composer.later")} onClose={onClose}>
      <form class="dialog-form" onSubmit={submit}>
        <div class="field">
          <label for={fieldId}>{t("scheduled.text")}</label>
          <textarea
            id={fieldId}
            dir="auto"
            required
            rows={3}
            maxLength={MAX_TEXT}
            value={text}
            onInput={({ currentTarget }) => setText(currentTarget.value)}
          />
        </div>
        <TimeField value={when} onChange={setWhen} />
        {(problem || action.problem) && (
          <p class="problem" role="alert">
            {problem || action.problem}
          </p>
        )}
        <button class="primary" type="submit" disabled={action.isBusy || text.trim() === ""}>
          {t("scheduled.create")}
        </button>
        <a href={href({ view: "scheduled" })} onClick={onClose}>
          {t("scheduled.title")}
        </a>
      </form>
    </Dialog>
  );
}
