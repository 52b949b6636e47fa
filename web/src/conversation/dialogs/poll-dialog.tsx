import type { components } from "parley-client";
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { isComposing } from "../../lib/system/keyboard.ts";
import { Dialog } from "../../ui/dialog.tsx";
import { IconButton } from "../../ui/icon-button.tsx";
import { ProblemText } from "../../ui/problem-text.tsx";
import { toMoment } from "./moments.ts";

const MIN_OPTIONS = 2;
const MAX_OPTIONS = 20;
const MAX_QUESTION = 300;
const MAX_OPTION = 100;

interface Props {
  onClose: () => void;
  onCreate: (poll: components["schemas"]["PollBody"]) => void;
}

/** Asks for the question and the options of a poll. */
export function PollDialog({ onClose, onCreate }: Props) {
  const [question, setQuestion] = useState("");
  const [options, setOptions] = useState([
    { key: 0, text: "" },
    { key: 1, text: "" },
  ]);
  const [multiple, setMultiple] = useState(false);
  const [anonymous, setAnonymous] = useState(false);
  const [ends, setEnds] = useState("");
  const [problem, setProblem] = useState("");
  const list = useRef<HTMLDivElement>(null);
  const isAdding = useRef(false);
  const id = useId();
  const texts = options.map(({ text }) => text.trim()).filter((text) => text !== "");

  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    const endsAt = ends ? toMoment(ends) : 0;
    if (new Set(texts).size < texts.length) setProblem(t("poll.same"));
    else if (endsAt && endsAt <= Date.now()) setProblem(t("poll.past"));
    else onCreate({ question: question.trim(), options: texts, multiple, anonymous, ends_at: endsAt });
  };
  const fields = () => [...(list.current?.querySelectorAll("input") ?? [])];
  const add = () => {
    setOptions([...options, { key: Math.max(...options.map(({ key }) => key)) + 1, text: "" }]);
    isAdding.current = true;
  };
  // With the render of the new field: a frame later the user may have begun to type.
  useLayoutEffect(() => {
    if (isAdding.current) fields().at(-1)?.focus();
    isAdding.current = false;
  }, [options]);
  const onKeyDown = (event: KeyboardEvent) => {
    const { key, target, ctrlKey, metaKey } = event;
    // Enter on a button of the list presses it, and with Control it sends.
    if (key !== "Enter" || ctrlKey || metaKey || !(target instanceof HTMLInputElement)) return;
    if (isComposing(event) || options.length === MAX_OPTIONS) return;
    event.preventDefault();
    const next = fields()[fields().indexOf(target) + 1];
    if (next) next.focus();
    else add();
  };

  return (
    <Dialog title={t("poll.title")} onClose={onClose}>
      <form class="dialog-form" onSubmit={submit}>
        <div class="field">
          <label for={`${id}-question`}>{t("poll.question")}</label>
          <input
            id={`${id}-question`}
            type="text"
            dir="auto"
            required
            maxLength={MAX_QUESTION}
            value={question}
            onInput={({ currentTarget }) => setQuestion(currentTarget.value)}
          />
        </div>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: Enter in a field leads to the next one */}
        <div ref={list} class="poll-options" onKeyDown={onKeyDown}>
          {options.map(({ key, text }, i) => (
            <div key={key}>
              <input
                type="text"
                dir="auto"
                maxLength={MAX_OPTION}
                value={text}
                placeholder={t("poll.option", { n: i + 1 })}
                aria-label={t("poll.option", { n: i + 1 })}
                onInput={({ currentTarget: { value } }) =>
                  setOptions(options.map((one) => (one.key === key ? { key, text: value } : one)))
                }
              />
              <IconButton
                icon="close"
                label={t("poll.removeOption", { n: i + 1 })}
                disabled={options.length <= MIN_OPTIONS}
                onClick={() => setOptions(options.filter((one) => one.key !== key))}
              />
            </div>
          ))}
          {options.length < MAX_OPTIONS && (
            <button type="button" class="link" onClick={add}>
              {t("poll.addOption")}
            </button>
          )}
        </div>
        <fieldset>
          <label>
            <input
              type="checkbox"
              checked={multiple}
              onChange={({ currentTarget }) => setMultiple(currentTarget.checked)}
            />
            {t("poll.multiple")}
          </label>
          <label>
            <input
              type="checkbox"
              checked={anonymous}
              aria-describedby={`${id}-anonymous`}
              onChange={({ currentTarget }) => setAnonymous(currentTarget.checked)}
            />
            {t("poll.anonymous")}
          </label>
          <small id={`${id}-anonymous`}>{t("poll.anonymousHint")}</small>
        </fieldset>
        <div class="field">
          <label for={`${id}-ends`}>{t("poll.ends")}</label>
          <input
            id={`${id}-ends`}
            type="datetime-local"
            value={ends}
            aria-describedby={`${id}-hint`}
            onInput={({ currentTarget }) => setEnds(currentTarget.value)}
          />
          <small id={`${id}-hint`}>{t("poll.endsHint")}</small>
        </div>
        <ProblemText text={problem} />
        <button class="primary" type="submit" disabled={question.trim() === "" || texts.length < MIN_OPTIONS}>
          {t("poll.create")}
        </button>
      </form>
    </Dialog>
  );
}
