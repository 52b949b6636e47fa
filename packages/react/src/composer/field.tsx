import type { RefObject } from "react";
import { isComposing } from "../keys/index.ts";
import { pastedFiles } from "../pasted/pasted-files.ts";
import { useFocus } from "./focus.ts";
import { format } from "./formatting.ts";
import type { Completion, Suggested } from "./use-completion.ts";

interface Props<S extends Suggested> {
  fieldRef: RefObject<HTMLTextAreaElement | null>;
  text: string;
  /** what the field is called, which stands in it while it is empty */
  label: string;
  className?: string;
  completion: Completion<S>;
  /** whether Enter alone sends; absent: it does. Ctrl + Enter, or ⌘ + Enter, always does */
  sendsByEnter?: boolean;
  onChange: (text: string) => void;
  onSend: () => void;
  /** Escape was pressed. @returns whether it did something */
  onCancel?: () => boolean;
  /** The arrow up was pressed in an empty field. @returns whether it did something */
  onUp?: () => boolean;
  /** Files were pasted. */
  onFiles?: (files: readonly File[]) => void;
}

/**
 * The field of a message. Its keys send, complete and put marks around what is selected, unless an input
 * method takes them. What is typed where nothing else takes it comes into the field that was used last.
 */
export function ComposerField<S extends Suggested>(props: Props<S>) {
  const { fieldRef, text, label, className, completion, sendsByEnter = true, onChange, onFiles } = props;
  useFocus(fieldRef);
  const { id, suggestions, active } = completion;
  const isOpen = suggestions.length > 0;
  const byEnter = sendsByEnter && !hasTouchKeyboard();
  // React and Preact call it by other names, and both take this one.
  const hint = { enterKeyHint: byEnter ? ("send" as const) : ("enter" as const) };
  return (
    <textarea
      ref={fieldRef}
      className={className}
      rows={1}
      dir="auto"
      value={text}
      placeholder={label}
      aria-label={label}
      aria-autocomplete="list"
      aria-controls={isOpen ? id : undefined}
      aria-activedescendant={isOpen ? `${id}-${active}` : undefined}
      autoComplete="off"
      {...hint}
      onInput={({ currentTarget: field }) => {
        onChange(field.value);
        completion.typed(field);
      }}
      // React wants one beside a value. By itself Preact calls it later than React.
      onChange={noop}
      onKeyUp={({ key, currentTarget: field }) =>
        /^(Arrow|Home|End|Page)/.test(key) && completion.moved(field)
      }
      onClick={({ currentTarget: field }) => completion.moved(field)}
      onBlur={completion.close}
      onKeyDown={(event) => {
        if (isComposing(event)) return;
        const { key, currentTarget: field, shiftKey, ctrlKey, metaKey, altKey } = event;
        if (completion.onKeyDown(event, field) || format(field, event)) return;
        const isSend = key === "Enter" && (ctrlKey || metaKey || (byEnter && !shiftKey && !altKey));
        if (isSend) props.onSend();
        const isDone =
          (key === "Escape" && props.onCancel?.()) || (key === "ArrowUp" && text === "" && props.onUp?.());
        if (isSend || isDone) event.preventDefault();
      }}
      onPaste={(event) => {
        const files = pastedFiles(event.clipboardData);
        if (!onFiles || files.length === 0) return;
        event.preventDefault();
        onFiles(files);
      }}
    />
  );
}

/** The keyboard of a phone has no Shift + Enter, so Enter begins a line there. */
function hasTouchKeyboard(): boolean {
  return matchMedia("(hover: none) and (pointer: coarse)").matches;
}

function noop(): void {}
