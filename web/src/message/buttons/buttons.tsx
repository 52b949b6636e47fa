import type { Message } from "parley-client";
import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { useAccount } from "../../state/context.ts";
import { reason } from "../../state/problem.ts";
import { showDialog } from "../../ui/dialogs.tsx";
import { toast } from "../../ui/toasts.tsx";
import { Answer } from "./answer.tsx";
import { LinkButton } from "./link-button.tsx";
import { type TapAnswer, tap } from "./tap.ts";

/** The buttons below a message of a bot, row by row. */
export function Buttons({ message }: { message: Message }) {
  const { buttons, sender } = message;
  if (!buttons) return null;
  return (
    <ul class="bot-buttons" aria-label={t("bot.buttons", { name: nameOf(sender) })}>
      {buttons.map((row, at) => (
        <li key={at}>
          {row.map(({ text, data, url }, place) =>
            url === undefined ? (
              <TapButton key={place} {...{ message, text, data }} />
            ) : (
              <LinkButton key={place} text={text} url={url} />
            ),
          )}
        </li>
      ))}
    </ul>
  );
}

function TapButton({
  message,
  text,
  data = "",
}: {
  message: Message;
  text: string;
  data?: string | undefined;
}) {
  const { chat } = useAccount();
  const [isWaiting, setWaiting] = useState(false);
  const press = async () => {
    // It keeps the focus, so it is not disabled.
    if (isWaiting) return;
    setWaiting(true);
    try {
      const answer = await tap(chat, message, data);
      if (answer) show(answer, nameOf(message.sender));
    } catch (error) {
      toast(reason(error));
    }
    setWaiting(false);
  };
  return (
    <button class="bot-button" type="button" aria-busy={isWaiting} onClick={() => void press()}>
      {text}
    </button>
  );
}

/** Shows what a bot has answered: for a moment, or until the user closes it. */
function show({ text, alert, url }: TapAnswer, bot: string): void {
  if (alert || url !== undefined) showDialog((close) => <Answer {...{ bot, text, url }} onClose={close} />);
  else if (text) toast(text);
}
