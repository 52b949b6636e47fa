import { useMemo, useRef, useSyncExternalStore } from "react";
import type { Chat } from "../chat.ts";
import type { ChatState } from "../store/chat-state.ts";
import type { ConversationWindow } from "../window/conversation-window.ts";
import type { WindowView } from "../window/view.ts";

const NOTHING: WindowView = {
  messages: [],
  pending: [],
  gaps: [],
  hasOlder: false,
  hasNewer: false,
  isLoading: true,
  problem: undefined,
};

/**
 * Returns what `select` makes of the client's state, and renders again when that is another value. An
 * array or a plain object with the same items as before is the same value, so `select` may filter, map and
 * gather.
 */
export function useChat<T>(chat: Chat, select: (state: ChatState) => T): T {
  const last = useRef<{ value: T }>(undefined);
  const value = (): T => {
    const now = select(chat.state);
    if (!last.current || !isSame(last.current.value, now)) last.current = { value: now };
    return last.current.value;
  };
  // React compares the values itself. The selection is another one at each change of the state.
  const subscribe = useMemo(() => (changed: () => void) => chat.subscribe(() => ({}), changed), [chat]);
  return useSyncExternalStore(subscribe, value, value);
}

/**
 * Opens a window when the component is mounted, closes it with the component, and renders again when the
 * window shows something else.
 * @param id the conversation; without one no window is open
 * @param options `thread`: the root of the thread to show instead
 * @returns what the window shows, and the window; the window is absent in the first render and on a server
 */
export function useConversationWindow(
  chat: Chat,
  id: number | undefined,
  { thread }: { thread?: number | undefined } = {},
): [view: WindowView, window: ConversationWindow | undefined] {
  const opening = useMemo(() => {
    let window: ConversationWindow | undefined;
    return {
      // A render that React gives up opens no window: only what is mounted subscribes.
      subscribe: (changed: () => void) => {
        if (id === undefined) return () => {};
        const opened = chat.open(id, thread === undefined ? {} : { thread });
        window = opened;
        const end = chat.subscribe(() => opened.view, changed);
        // React looks again by itself once it has subscribed, and Preact does not.
        changed();
        return () => {
          end();
          opened.close();
          window = undefined;
        };
      },
      view: () => window?.view ?? NOTHING,
      window: () => window,
    };
  }, [chat, id, thread]);
  const view = useSyncExternalStore(opening.subscribe, opening.view, opening.view);
  return [view, opening.window()];
}

/** Whether two values are one, or are arrays or plain objects with the same items. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!isPlain(a) || !isPlain(b) || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && Object.is(a[key], b[key]))
  );
}

function isPlain(value: unknown): value is Record<string, unknown> {
  // Object(null) would be a plain object.
  return Array.isArray(value) || (!!value && Object.getPrototypeOf(value) === Object.prototype);
}
