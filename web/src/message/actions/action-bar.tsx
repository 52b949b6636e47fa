import type { Message } from "parley-client";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../../i18n/i18n.ts";
import { Time } from "../../i18n/time.tsx";
import { useAccount } from "../../state/context.ts";
import { IconButton } from "../../ui/icon-button.tsx";
import { react } from "../reactions/wanted.ts";
import { quickEmoji } from "./quick-emoji.ts";
import { rightsOf } from "./rights.ts";

interface Props {
  message: Message;
  /** whether it says when the message was sent */
  isTimed: boolean;
  onReply: () => void;
  /** @param at the button, where the menu opens */
  onMenu: (at: DOMRect) => void;
}

/**
 * The actions that are at hand while the pointer or the focus is on a row. They stand beside the bubble, or
 * at its own corner, and cover no other message.
 */
export function ActionBar({ message, isTimed, onReply, onMenu }: Props) {
  const { chat, me } = useAccount();
  const may = rightsOf(message, chat.state.conversation(message.conversation_id), me);
  const bar = useRef<HTMLDivElement>(null);
  const [isInside, setInside] = useState(false);
  // Before the browser paints. A bubble as wide as its row has no room beside it.
  useLayoutEffect(() => {
    const { left, right } = bar.current?.getBoundingClientRect() ?? { left: 0, right: 0 };
    const row = bar.current?.closest("li")?.getBoundingClientRect();
    setInside(row !== undefined && (left < row.left || right > row.right));
  }, []);
  return (
    <div ref={bar} class="action-bar" role="toolbar" aria-label={t("message.actions")} data-inside={isInside}>
      {isTimed && <Time at={message.created_at} />}
      {may.write &&
        quickEmoji.value.slice(0, 2).map((emoji) => (
          <button
            key={emoji}
            type="button"
            class="icon-button emoji"
            aria-label={t("action.reactWith", { emoji })}
            onClick={() => react(chat, message, emoji)}
          >
            {emoji}
          </button>
        ))}
      {may.write && <IconButton icon="reply" label={t("action.reply")} onClick={onReply} />}
      <IconButton
        icon="more"
        label={t("action.more")}
        aria-haspopup="menu"
        onClick={({ currentTarget }) => onMenu(currentTarget.getBoundingClientRect())}
      />
    </div>
  );
}
