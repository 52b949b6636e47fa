import type { Message } from "parley-client";
import type { RefObject, TargetedKeyboardEvent, TargetedMouseEvent } from "preact";
import { useState } from "preact/hooks";
import { composition } from "../../conversation/composition.ts";
import { useAccount } from "../../state/context.ts";
import { reason } from "../../state/problem.ts";
import { useLongPress } from "../../ui/gestures/use-long-press.ts";
import type { Edges } from "../../ui/place.ts";
import { toast } from "../../ui/toasts.tsx";
import { selection, toggle } from "./selection.ts";

/** What the menu of a row stands beside. */
interface OpenMenu {
  /** another one for each time that it is opened */
  readonly count: number;
  readonly at: Edges;
  readonly isPicking: boolean;
}

/** The keys that do something with the message whose row has the focus. */
const KEYS = new Set(["r", "e", "t", "c", "f", "x", "p", "s", "u", "Delete"]);

/** The ways to the actions of a message: pointer, focus, right click, long press and keys. */
export function useRowActions(row: RefObject<HTMLLIElement | null>, message: Message, thread: number) {
  const account = useAccount();
  const [isActive, setActive] = useState(false);
  const [menu, setMenu] = useState<OpenMenu | null>(null);

  /** A click on a row is no wish for its actions; a key is. */
  const hasKeys = () => row.current?.matches(":focus-visible, :has(:focus-visible)") ?? false;
  const openMenu = (at: OpenMenu["at"], isPicking = false) =>
    setMenu((last) => ({ count: (last?.count ?? 0) + 1, at, isPicking }));
  const closeMenu = () => {
    setMenu(null);
    const { current } = row;
    if (!current) return;
    const { activeElement: focused } = document;
    // What has the focus in the menu is going to be removed.
    if ((focused === document.body || focused?.closest(".message-menu")) && current.tabIndex >= 0)
      current.focus({ preventScroll: true });
    if (!current.matches(":hover") && !hasKeys()) setActive(false);
  };
  const touch = useLongPress(({ x, y }) => {
    if (!selection.peek()) openMenu({ top: y, bottom: y, left: x, right: x });
  });
  /** Does what a key stands for. What the keys do is loaded with the first one. */
  const press = async (key: string) => {
    const { actionsOf } = await import("./actions.tsx");
    actionsOf(account, message, thread)
      .find(({ shortcut }) => shortcut === key)
      ?.run();
  };
  const reply = () => {
    composition(message.conversation_id, thread).value = { mode: "reply", message };
  };

  const handlers = {
    ...touch,
    onPointerEnter: ({ pointerType }: PointerEvent) => pointerType === "mouse" && setActive(true),
    onPointerLeave: () => {
      if (!menu && !hasKeys()) setActive(false);
    },
    onFocusCapture: () => {
      if (hasKeys()) setActive(true);
    },
    onBlurCapture: ({ relatedTarget }: FocusEvent) => {
      const isInside = relatedTarget instanceof Node && row.current?.contains(relatedTarget);
      if (!isInside && !menu && !row.current?.matches(":hover")) setActive(false);
    },
    onContextMenu: (event: TargetedMouseEvent<HTMLLIElement>) => {
      touch.onContextMenu(event);
      if (event.defaultPrevented) return;
      const { target, clientX: x, clientY: y } = event;
      // The browser's own menu copies what is selected, and saves pictures and links to other pages.
      const isBrowsers = target instanceof Element && target.closest("a:not([href^='#']), img, video, input");
      if (menu) return event.preventDefault();
      if (isBrowsers || getSelection()?.isCollapsed === false || selection.peek()) return;
      event.preventDefault();
      openMenu({ top: y, bottom: y, left: x, right: x });
    },
    onClick: (event: TargetedMouseEvent<HTMLLIElement>) => {
      const { target } = event;
      if (selection.peek()?.id !== message.conversation_id) return;
      if (target instanceof Element && target.closest("input, [popover]")) return;
      event.preventDefault();
      if (!message.revoked) toggle(message);
    },
    onKeyDown: (event: TargetedKeyboardEvent<HTMLLIElement>) => {
      const { target, currentTarget, key } = event;
      if (target !== currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
      const box = currentTarget.querySelector(".bubble")?.getBoundingClientRect();
      if (selection.peek() && key === " ") {
        if (!message.revoked) toggle(message);
      } else if (box && (key === "Enter" || key === "ContextMenu" || (key === "F10" && event.shiftKey)))
        openMenu(box);
      else if (box && key === "+") openMenu(box, true);
      else if (key.length === 1 || key === "Delete") {
        if (!KEYS.has(key)) return;
        press(key).catch((error) => toast(reason(error)));
      } else return;
      event.preventDefault();
    },
  };
  return { isActive, menu, openMenu, closeMenu, reply, handlers };
}
