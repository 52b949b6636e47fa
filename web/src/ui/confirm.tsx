import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { Dialog } from "./dialog.tsx";

interface Question {
  readonly text: string;
  readonly answer: (isConfirmed: boolean) => void;
}

const asked = signal<Question | null>(null);

/** Asks the user before something that does not come back. @returns whether they want it */
export function confirmed(text: string): Promise<boolean> {
  asked.peek()?.answer(false);
  return new Promise((resolve) => {
    asked.value = {
      text,
      answer: (isConfirmed) => {
        asked.value = null;
        resolve(isConfirmed);
      },
    };
  });
}

/** Where questions stand. A page has it once. */
export function Questions() {
  const question = asked.value;
  // What one user was asked is not for the next one.
  useEffect(() => () => asked.peek()?.answer(false), []);
  if (!question) return null;
  return (
    <Dialog title={t("confirm.title")} onClose={() => question.answer(false)}>
      <p>{question.text}</p>
      <div class="actions dialog-actions">
        <button class="secondary" type="button" onClick={() => question.answer(false)}>
          {t("action.cancel")}
        </button>
        <button class="primary danger" type="button" onClick={() => question.answer(true)}>
          {t("confirm.yes")}
        </button>
      </div>
    </Dialog>
  );
}
