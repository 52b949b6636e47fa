import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { reason } from "../../state/problem.ts";
import { IconButton } from "../../ui/icon-button.tsx";
import { toast } from "../../ui/toasts.tsx";

interface Props {
  text: string;
  /** as its writer has named it; empty: it has no colours */
  language: string;
}

/** Code with a button that copies it. Its colours are loaded with the first code that names its language. */
export function CodeBlock({ text, language }: Props) {
  const [coloured, setColoured] = useState<ComponentChildren>();
  useEffect(() => {
    let isShown = true;
    setColoured(undefined);
    if (language)
      import("./colours.tsx").then(
        ({ colours }) => isShown && setColoured(colours(text, language)),
        // It can be read without.
        () => {},
      );
    return () => {
      isShown = false;
    };
  }, [text, language]);
  const copy = () =>
    // The first view has no other way to copy: over plain http it is loaded.
    ("clipboard" in navigator
      ? navigator.clipboard.writeText(text)
      : import("../../lib/system/clipboard.ts").then(({ copyText }) => copyText(text))
    ).then(
      () => toast(t("message.copied")),
      (error) => toast(reason(error)),
    );
  return (
    <div class="code" dir="ltr">
      <pre data-language={language || undefined}>
        <code>{coloured ?? text}</code>
      </pre>
      <IconButton icon="copy" label={t("message.copyCode")} onClick={() => void copy()} />
    </div>
  );
}
