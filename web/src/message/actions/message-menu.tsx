import type { Message } from "parley-client";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { moment } from "../../i18n/format.ts";
import { t } from "../../i18n/i18n.ts";
import { menuKeys } from "../../lib/menu-keys.ts";
import { isComposing } from "../../lib/system/keyboard.ts";
import { useAccount } from "../../state/context.ts";
import { EmojiPicker } from "../../ui/emoji/lazy.ts";
import { notePicked } from "../../ui/emoji/picked.ts";
import { Icon } from "../../ui/icon.tsx";
import { type Edges, place } from "../../ui/place.ts";
import { react } from "../reactions/wanted.ts";
import { actionsOf, type MessageAction } from "./actions.tsx";
import { quickEmoji } from "./quick-emoji.ts";
import { rightsOf } from "./rights.ts";

/** What actions are for, in the order of the menu. All others keep the message, or lead to it. */
const PURPOSES = ["respond", "keep", "manage"] as const;
const RESPOND = ["reply", "thread"];
const MANAGE = ["edit", "close", "report", "revoke", "hide"];

function purposeOf({ name }: MessageAction): (typeof PURPOSES)[number] {
  return RESPOND.includes(name) ? "respond" : MANAGE.includes(name) ? "manage" : "keep";
}

interface Props {
  message: Message;
  /** the root of the thread that it is shown in; 0: none */
  thread: number;
  /** what it stands beside */
  at: Edges;
  /** whether it begins with all emoji */
  isPicking: boolean;
  onClose: () => void;
}

/** All that the user can do with a message: reactions, then actions. A narrow screen shows it at its foot. */
export function MessageMenu({ message, thread, at, isPicking: beginsPicking, onClose }: Props) {
  const account = useAccount();
  const { chat, me } = account;
  const panel = useRef<HTMLDivElement>(null);
  const [isPicking, setPicking] = useState(beginsPicking);
  const [actions] = useState(() => actionsOf(account, message, thread));
  const mayReact = rightsOf(message, chat.state.conversation(message.conversation_id), me).write;

  useLayoutEffect(() => {
    const { current } = panel;
    current?.showPopover();
    current?.querySelector<HTMLElement>("[role=menuitem]")?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    const { current } = panel;
    if (!current) return;
    // The picker is loaded later, and makes it larger.
    const watch = new ResizeObserver(() => place(current, at, "left"));
    watch.observe(current);
    return () => watch.disconnect();
  }, [at]);

  useLayoutEffect(() => {
    // An automatic popover would close when the finger leaves that has opened it by a long press.
    const onPointerDown = ({ target: pressed }: PointerEvent) => {
      if (!(pressed instanceof Node && panel.current?.contains(pressed))) onClose();
    };
    // The focus may be nowhere while the emoji are loaded.
    const onEscape = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || isComposing(event)) return;
      event.preventDefault();
      event.stopPropagation();
      onClose();
    };
    document.addEventListener("pointerdown", onPointerDown, true);
    document.addEventListener("keydown", onEscape, true);
    return () => {
      document.removeEventListener("pointerdown", onPointerDown, true);
      document.removeEventListener("keydown", onEscape, true);
    };
  }, [onClose]);

  const reactWith = (emoji: string) => {
    onClose();
    react(chat, message, emoji);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // The row behind it has keys of its own.
    event.stopPropagation();
    if (!isPicking) menuKeys(event, panel.current, onClose);
  };
  const item = ({ name, label, icon, shortcut, isDanger, run }: MessageAction) => (
    <button
      key={name}
      type="button"
      role="menuitem"
      data-danger={isDanger}
      onClick={() => {
        onClose();
        run();
      }}
    >
      <Icon name={icon} />
      <span>{label}</span>
      {shortcut && <kbd>{shortcut.length === 1 ? shortcut.toUpperCase() : "⌦"}</kbd>}
    </button>
  );
  return (
    // biome-ignore lint/a11y: the role depends on what is shown, and either takes a label and keys
    <div
      ref={panel}
      class="menu message-menu"
      data-picking={isPicking}
      popover="manual"
      role={isPicking ? "dialog" : "menu"}
      aria-label={t("message.actions")}
      onKeyDown={onKeyDown}
    >
      {isPicking ? (
        <EmojiPicker onPick={reactWith} />
      ) : (
        <>
          {mayReact && (
            // biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a menu
            <div class="quick" role="group" aria-label={t("actions.react")}>
              {quickEmoji.value.map((emoji) => (
                <button
                  key={emoji}
                  type="button"
                  role="menuitem"
                  class="icon-button emoji"
                  aria-label={t("action.reactWith", { emoji })}
                  onClick={() => {
                    notePicked(emoji);
                    reactWith(emoji);
                  }}
                >
                  {emoji}
                </button>
              ))}
              <button
                type="button"
                role="menuitem"
                class="icon-button"
                aria-label={t("action.moreEmoji")}
                title={t("action.moreEmoji")}
                onClick={() => setPicking(true)}
              >
                <Icon name="plus" />
              </button>
            </div>
          )}
          {PURPOSES.map(
            (purpose) =>
              actions.some((one) => purposeOf(one) === purpose) && (
                // biome-ignore lint/a11y/useSemanticElements: a fieldset is no part of a menu
                <div key={purpose} class="menu-group" role="group" aria-label={t(`actions.${purpose}`)}>
                  {actions.filter((one) => purposeOf(one) === purpose).map(item)}
                </div>
              ),
          )}
          {/* A finger has no other way to it in the midst of a run; the row tells it to screen readers. */}
          <small class="menu-time" aria-hidden="true">
            {moment(message.created_at)}
          </small>
        </>
      )}
    </div>
  );
}
