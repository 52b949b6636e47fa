import type { Message } from "parley-client";
import { webAddress } from "parley-react/message";
import { useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { LinkButton } from "../../message/buttons/link-button.tsx";
import { tap } from "../../message/buttons/tap.ts";
import { reason } from "../../state/problem.ts";
import { useHost } from "../host.ts";
import styles from "./buttons.css";

export { styles };

/** What the bot says to a tap, or why it was not told. */
interface Said {
  text: string;
  /** a page that the bot offers */
  url?: string | undefined;
}

/** The buttons below a message of a bot, row by row, and below them what the bot has answered last. */
export function View({ message }: { message: Message }) {
  const { chat } = useHost();
  const [waiting, setWaiting] = useState<string>();
  const [said, say] = useState<Said>();
  const press = async (data: string) => {
    // The button keeps the focus, so it is not disabled.
    if (waiting !== undefined) return;
    setWaiting(data);
    say(undefined);
    try {
      say(await tap(chat, message, data));
    } catch (error) {
      say({ text: reason(error) });
    }
    setWaiting(undefined);
  };
  return (
    <>
      <ul class="bot-buttons" part="buttons" aria-label={t("bot.buttons", { name: nameOf(message.sender) })}>
        {message.buttons?.map((row, at) => (
          <li key={at}>
            {row.map(({ text, data = "", url }, place) =>
              url === undefined ? (
                <button
                  key={place}
                  class="bot-button"
                  type="button"
                  aria-busy={waiting === data}
                  onClick={() => void press(data)}
                >
                  {text}
                </button>
              ) : (
                <LinkButton key={place} text={text} url={url} />
              ),
            )}
          </li>
        ))}
      </ul>
      <p class="soft" role="status" dir="auto">
        {said?.text}{" "}
        {said?.url && webAddress(said.url) && (
          <a href={said.url} target="_blank" rel="noopener noreferrer">
            {said.url}
          </a>
        )}
      </p>
    </>
  );
}
