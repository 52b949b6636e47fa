import type { ConversationWindow } from "parley-client";
import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { IconButton } from "../../ui/icon-button.tsx";

interface Props {
  id: number;
  name: string;
  window: ConversationWindow;
}

/** The field in which the user writes the next message. What they have written stays until they send it. */
export function Composer({ id, name, window }: Props) {
  const { drafts } = useAccount();
  const [text, setText] = useState(() => drafts.get(id)?.text ?? "");
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);

  const change = (value: string) => {
    setText(value);
    drafts.write(id, { text: value });
    if (value) window.typing();
  };
  const send = () => {
    if (text.trim() === "") return;
    drafts.send(id, { kind: "text", body: { text } });
    setText("");
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Enter that ends the input of an input method sends nothing.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  };
  const label = t("composer.placeholder", { name });
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        dir="auto"
        value={text}
        placeholder={label}
        aria-label={label}
        onInput={({ currentTarget }) => change(currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <IconButton icon="send" label={t("composer.send")} type="submit" disabled={text.trim() === ""} />
    </form>
  );
}
