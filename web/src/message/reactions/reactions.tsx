import type { Message } from "parley-client";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { useAccount } from "../../state/context.ts";
import { showDialog } from "../../ui/dialogs.tsx";
import { useLongPress } from "../../ui/gestures/use-long-press.ts";
import { Icon } from "../../ui/icon.tsx";
import { lazy } from "../../ui/lazy.tsx";
import { emojiText } from "./emoji-text.ts";
import { react, type ShownReaction, wishesOf, withWishes } from "./wanted.ts";

/** Who reacted is shown after the pointer or the focus has rested this long, in ms. */
const REST = 350;

const ReactorsTip = lazy(async () => (await import("./reactors.tsx")).ReactorsTip, { isHint: true });
const ReactorsDialog = lazy(async () => (await import("./reactors.tsx")).ReactorsDialog);

interface Props {
  message: Message;
  /** shows all emoji, beside a button; absent: the user may not react */
  onAdd: ((at: DOMRect) => void) | undefined;
}

/** What users have reacted with below a message. */
export function Reactions({ message, onAdd }: Props) {
  const { conversation_id: id, seq } = message;
  const wishes = useMemo(() => wishesOf(message), [id, seq]);
  const shown = withWishes(message, wishes.value);
  if (shown.length === 0) return null;
  return (
    <ul class="reactions" aria-label={t("message.reactions")}>
      {shown.map((reaction) => (
        <Chip key={reaction.key} message={message} reaction={reaction} />
      ))}
      {onAdd && (
        <li>
          <button
            type="button"
            class="reaction"
            aria-label={t("action.moreEmoji")}
            title={t("action.moreEmoji")}
            onClick={({ currentTarget }) => onAdd(currentTarget.getBoundingClientRect())}
          >
            <Icon name="plus" />
          </button>
        </li>
      )}
    </ul>
  );
}

function Chip({ message, reaction }: { message: Message; reaction: ShownReaction }) {
  const { chat } = useAccount();
  const { key, count, isMine } = reaction;
  const [isShown, setShown] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const rest = () => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setShown(true), REST);
  };
  const leave = () => {
    clearTimeout(timer.current);
    setShown(false);
  };
  useEffect(() => () => clearTimeout(timer.current), []);
  const press = useLongPress(() => {
    leave();
    showDialog((close) => <ReactorsDialog message={message} first={key} onClose={close} />);
  });
  return (
    <li>
      <button
        type="button"
        class="reaction"
        aria-pressed={isMine}
        aria-label={t("message.reaction", { key, n: count })}
        {...press}
        onPointerEnter={({ pointerType }) => pointerType === "mouse" && rest()}
        onPointerLeave={leave}
        onFocus={({ currentTarget }) => currentTarget.matches(":focus-visible") && rest()}
        onBlur={leave}
        onClick={() => react(chat, message, key)}
      >
        <span>{emojiText(key)}</span>
        <span class="reaction-count">{count}</span>
      </button>
      {isShown && <ReactorsTip message={message} reaction={reaction} />}
    </li>
  );
}
