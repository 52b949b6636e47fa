import type { Message } from "parley-client";
import { useEffect, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { nameOf } from "../../lib/names.ts";
import { preview } from "../../message/preview.ts";
import { useAccount } from "../../state/context.ts";

/** Messages that come within this time, in ms, are told together. */
const TOGETHER = 700;
/** More than so many at once are counted, not read out. */
const READ_OUT = 3;

/** Tells screen readers of new messages of others in a conversation, but not of its history. */
export function Announcer({ id }: { id: number }) {
  const { chat } = useAccount();
  const [told, setTold] = useState({ text: "", count: 0 });
  useEffect(() => {
    let waiting: Message[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = () => {
      const texts = waiting.map((message) =>
        t("timeline.announced", { name: nameOf(message.sender), text: preview(message) }),
      );
      const text = texts.length > READ_OUT ? t("timeline.newMessages", { n: texts.length }) : texts.join(" ");
      setTold(({ count }) => ({ text, count: count + 1 }));
      waiting = [];
      timer = undefined;
    };
    const end = chat.onMessage((message) => {
      if (message.conversation_id !== id || message.kind === "tip" || message.silent) return;
      waiting.push(message);
      timer ??= setTimeout(tell, TOGETHER);
    });
    return () => {
      end();
      clearTimeout(timer);
    };
  }, [chat, id]);
  return (
    <p class="visually-hidden" role="log" aria-live="polite">
      {/* Screen readers read new elements out, also where the text is the same again. */}
      <span key={told.count}>{told.text}</span>
    </p>
  );
}
