import type { Message } from "parley-client";
import { useState } from "preact/hooks";
import { timeProblem, toField, toMoment } from "../../conversation/dialogs/moments.ts";
import { when } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { morning } from "../../lib/clock.ts";
import { useAccount } from "../../state/context.ts";
import { useAction } from "../../state/use-action.ts";
import { useLoaded } from "../../state/use-loaded.ts";
import { allPages } from "../../state/use-pages.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { toast } from "../../ui/toasts.tsx";
import { preview } from "../preview.ts";

const HOUR = 3_600_000;

/** When the user is reminded. */
const TIMES = {
  none: () => null,
  hour: (now: number) => now + HOUR,
  tomorrow: (now: number) => morning(1, now),
  week: (now: number) => morning(7, now),
} as const;
/** `chosen`: at a time of the user's own */
type Time = keyof typeof TIMES | "chosen";
const NAMES: readonly (keyof typeof TIMES)[] = ["none", "hour", "tomorrow", "week"];

interface Props {
  message: Message;
  onClose: () => void;
}

/** Saves a message for the user alone, with a note and a reminder if they want. */
export function SaveDialog({ message, onClose }: Props) {
  const { chat } = useAccount();
  const { conversation_id: id, seq } = message;
  const before = useSaved(id, seq);
  // What the user has not touched is as it was saved before.
  const [newNote, setNote] = useState<string>();
  const [newTime, setTime] = useState<Time>();
  const [newMoment, setMoment] = useState<string>();
  const [now] = useState(Date.now);
  const [wrongTime, setWrongTime] = useState("");
  const isTimeNew = (newTime ?? newMoment) !== undefined;
  const remindAt = before?.remind_at ?? null;
  const note = newNote ?? before?.note ?? "";
  const time = newTime ?? (remindAt === null ? "none" : "chosen");
  const chosen = newMoment ?? toField(remindAt ?? TIMES.tomorrow(now));
  const { run, isBusy, problem } = useAction(async (remind_at: number | null) => {
    const path = { id, seq };
    const body = {
      ...(newNote !== undefined && { note: newNote.trim() }),
      ...(isTimeNew && { remind_at }),
    };
    await chat.api.call("put", "/v1/conversations/{id}/messages/{seq}/saved", { path, body });
    toast(t("save.done"));
    onClose();
  });
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const at = time === "chosen" ? toMoment(chosen) : TIMES[time](now);
    const wrong = isTimeNew && time === "chosen" ? timeProblem(toMoment(chosen)) : "";
    setWrongTime(wrong);
    if (!wrong) void run(at);
  };
  const why = wrongTime || problem;
  return (
    <Dialog title={t("save.title")} onClose={onClose}>
      <form class="dialog-form" onSubmit={submit}>
        <p class="excerpt" dir="auto">
          {preview(message)}
        </p>
        <label class="field">
          <span>{t("save.note")}</span>
          <input value={note} dir="auto" onInput={({ currentTarget }) => setNote(currentTarget.value)} />
        </label>
        <fieldset>
          <legend>{t("save.remind")}</legend>
          {NAMES.map((one) => {
            const at = TIMES[one](now);
            return (
              <label key={one}>
                <input type="radio" name="remind" checked={time === one} onChange={() => setTime(one)} />
                {t(`save.${one}`)}
                {at !== null && <small>{when(at)}</small>}
              </label>
            );
          })}
          <label>
            <input
              type="radio"
              name="remind"
              checked={time === "chosen"}
              onChange={() => setTime("chosen")}
            />
            {t("save.chosen")}
          </label>
          {time === "chosen" && (
            <input
              type="datetime-local"
              required
              aria-label={t("scheduled.when")}
              min={toField(now)}
              value={chosen}
              onInput={({ currentTarget }) => setMoment(currentTarget.value)}
            />
          )}
        </fieldset>
        <ProblemText text={why} />
        <div class="dialog-actions">
          <button type="submit" class="primary" disabled={isBusy}>
            {t("action.save")}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

/** How a message was saved before; undefined: it was not, as far as is known. */
function useSaved(id: number, seq: number) {
  const { chat } = useAccount();
  const isIt = (one: { conversation_id: number; seq: number }) =>
    one.conversation_id === id && one.seq === seq;
  const { value } = useLoaded(`saved ${id} ${seq}`, () =>
    allPages((query) => chat.api.call("get", "/v1/saved", { query }), isIt),
  );
  return value?.find(isIt);
}
