import type { ConversationWindow } from "parley-client";
import { useRef, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { isComposing } from "../lib/keyboard.ts";

interface Props {
  /** what the conversation is called */
  name: string;
  window: ConversationWindow;
}

/** Where the user writes the next message. */
export function Field({ name, window }: Props) {
  const [text, setText] = useState("");
  const area = useRef<HTMLTextAreaElement>(null);
  const label = t("composer.placeholder", { name });
  const send = () => {
    if (!text.trim()) return;
    window.send({ kind: "text", body: { text } });
    setText("");
  };
  return (
    <form
      class="composer"
      part="composer"
      onSubmit={(event) => {
        event.preventDefault();
        // The button sends nothing more, and cannot keep the focus.
        if (event.submitter?.matches(":focus")) area.current?.focus();
        send();
      }}
    >
      <textarea
        ref={area}
        part="field"
        rows={1}
        dir="auto"
        value={text}
        placeholder={label}
        aria-label={label}
        onInput={({ currentTarget }) => {
          setText(currentTarget.value);
          window.typing();
        }}
        onKeyDown={(event) => {
          // The keys that are pressed in this field mean none of the page's shortcuts.
          event.stopPropagation();
          if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
          event.preventDefault();
          send();
        }}
      />
      <button
        type="submit"
        part="send"
        disabled={!text.trim()}
        // The field keeps the focus, and a phone its keyboard.
        onMouseDown={(event) => event.preventDefault()}
      >
        {t("composer.send")}
      </button>
    </form>
  );
}
