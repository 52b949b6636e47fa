import { format } from "parley-react";
import type { RefObject } from "preact";
import { useId } from "preact/hooks";
import { isComposing } from "../../lib/keyboard.ts";
import { sendKey } from "../../state/send-key.ts";
import { lazy } from "../../ui/lazy.tsx";
import { useFocus } from "./focus.ts";
import type { Completion } from "./use-completion.ts";

const Suggestions = lazy(async () => (await import("./suggestions.tsx")).Suggestions, { isHint: true });

interface Props {
  fieldRef: RefObject<HTMLTextAreaElement | null>;
  text: string;
  label: string;
  completion: Completion;
  onChange: (text: string) => void;
  onSend: () => void;
  /** Escape was pressed. @returns whether it did something */
  onCancel: () => boolean;
  /** the arrow up was pressed in an empty field. @returns whether it did something */
  onUp: () => boolean;
  onFiles: (files: readonly File[]) => void;
}

/** The field that grows with its text. Its keys send, complete and format. */
export function Field({
  fieldRef,
  text,
  label,
  completion,
  onChange,
  onSend,
  onCancel,
  onUp,
  onFiles,
}: Props) {
  const id = useId();
  useFocus(fieldRef);
  const { suggestions, active } = completion;
  const isOpen = suggestions.length > 0;

  const onKeyDown = (event: KeyboardEvent & { currentTarget: HTMLTextAreaElement }) => {
    if (isComposing(event)) return;
    const { currentTarget: field } = event;
    if (completion.onKeyDown(event, field) || format(field, event)) return;
    const { key } = event;
    const isSend = key === "Enter" && sends(event);
    if (isSend) onSend();
    const isDone = (key === "Escape" && onCancel()) || (key === "ArrowUp" && text === "" && onUp());
    if (isSend || isDone) event.preventDefault();
  };
  return (
    <>
      {isOpen && (
        <Suggestions
          {...{ id, suggestions, active }}
          onChoose={(one) => fieldRef.current && completion.choose(one, fieldRef.current)}
        />
      )}
      <textarea
        ref={fieldRef}
        rows={1}
        dir="auto"
        value={text}
        placeholder={label}
        aria-label={label}
        aria-autocomplete="list"
        aria-controls={isOpen ? id : undefined}
        aria-activedescendant={isOpen ? `${id}-${active}` : undefined}
        autocomplete="off"
        enterkeyhint={sendsByEnter() ? "send" : "enter"}
        onInput={({ currentTarget: field }) => {
          onChange(field.value);
          completion.typed(field);
        }}
        onKeyUp={({ key, currentTarget: field }) =>
          /^(Arrow|Home|End|Page)/.test(key) && completion.moved(field)
        }
        onClick={({ currentTarget: field }) => completion.moved(field)}
        onBlur={completion.close}
        onKeyDown={onKeyDown}
        onPaste={(event) => {
          const files = [...(event.clipboardData?.files ?? [])];
          // Office programs add a picture to the text that they copy.
          if (files.length === 0 || event.clipboardData?.types.includes("text/plain")) return;
          event.preventDefault();
          onFiles(files);
        }}
      />
    </>
  );
}

/** Whether Enter alone sends. The keyboard of a phone has no Shift + Enter, so Enter begins a line there. */
function sendsByEnter(): boolean {
  return sendKey.value === "enter" && !matchMedia("(hover: none) and (pointer: coarse)").matches;
}

function sends({ shiftKey, ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  if (ctrlKey || metaKey) return true;
  return sendsByEnter() && !shiftKey && !altKey;
}
