import type { ConversationWindow } from "parley-client";
import { useRef, useState } from "preact/hooks";
import { t } from "../i18n/i18n.ts";
import { isComposing } from "../lib/system/keyboard.ts";
import { useHost } from "./host.ts";
import { later } from "./later.tsx";

const Attach = later(() => import("./attach/attach.tsx"), { isHint: true });

interface Props {
  window: ConversationWindow;
  /** says what it is for */
  label: string;
}

/** Where the user writes the next message. */
export function Field({ window, label }: Props) {
  const { kept } = useHost();
  const place = `${window.conversationId} ${window.thread}`;
  const [{ text, files }, show] = useState(kept.get(place) ?? { text: "", files: [] });
  const area = useRef<HTMLTextAreaElement>(null);
  const change = (fields: { text?: string; files?: readonly File[] }) => {
    const now = { text: "", files: [], ...kept.get(place), ...fields };
    kept.set(place, now);
    show(now);
  };
  const isEmpty = !text.trim() && files.length === 0;
  const send = async () => {
    if (isEmpty) return;
    change({ text: "", files: [] });
    if (files.length > 0) await (await import("./attach/send.ts")).sendFiles(window, files, text);
    else window.send({ kind: "text", body: { text } });
  };
  return (
    <form
      class="composer"
      part="composer"
      onSubmit={(event) => {
        event.preventDefault();
        // The button sends nothing more, and cannot keep the focus.
        if (event.submitter?.matches(":focus")) area.current?.focus();
        void send();
      }}
    >
      <Attach files={files} onFiles={(now) => change({ files: now })} />
      <textarea
        ref={area}
        part="field"
        rows={1}
        dir="auto"
        value={text}
        placeholder={label}
        aria-label={label}
        onInput={({ currentTarget }) => {
          change({ text: currentTarget.value });
          window.typing();
        }}
        onKeyDown={(event) => {
          // The keys that are pressed in this field mean none of the page's shortcuts.
          event.stopPropagation();
          if (event.key !== "Enter" || event.shiftKey || isComposing(event)) return;
          event.preventDefault();
          void send();
        }}
      />
      <button
        type="submit"
        part="send"
        disabled={isEmpty}
        // The field keeps the focus, and a phone its keyboard.
        onMouseDown={(event) => event.preventDefault()}
      >
        {t("composer.send")}
      </button>
    </form>
  );
}
