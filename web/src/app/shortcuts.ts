import type { Chat } from "parley-client";
import { attentionOf } from "parley-client/attention";
import { isComposing } from "../lib/system/keyboard.ts";
import { openSearch } from "../search/search.ts";
import { showKeys } from "../settings/show-keys.tsx";
import { go, route } from "../state/router.ts";

/** Does what a key asks for; `keys-dialog.tsx` shows the same keys. @returns whether the page has the key */
export function pressed(event: KeyboardEvent, chat: Chat): boolean {
  const { key, altKey, shiftKey, target } = event;
  const isCommand = event.ctrlKey || event.metaKey;
  const isTyping = target instanceof Element && target.matches("input, textarea, select, [contenteditable]");
  if (isComposing(event) || event.defaultPrevented) return false;
  // What is behind a dialog stays as it is.
  if (document.querySelector("dialog[open]")) return false;
  if (isCommand && !shiftKey && !altKey && key.toLowerCase() === "k") return done(() => openSearch());
  if (isCommand && shiftKey && key.toLowerCase() === "f") return done(searchHere);
  if (altKey && !isCommand && key.toLowerCase() === "n") return done(() => go({ view: "new" }));
  if (altKey && !isCommand && key === "ArrowDown") return step(chat, 1, shiftKey);
  if (altKey && !isCommand && key === "ArrowUp") return step(chat, -1, shiftKey);
  if (key === "?" && !isTyping) return done(showKeys);
  if (key === "Escape" && !isTyping && !document.querySelector("[popover]:popover-open")) {
    go({ view: "home" });
    return true;
  }
  return false;
}

function done(act: () => void): true {
  act();
  return true;
}

/** Searches the conversation on screen, else all. */
function searchHere(): void {
  const now = route.peek();
  openSearch(now.view === "conversation" ? `in:#${now.id} ` : "");
}

/** Goes up or down in the list, or to the nearest conversation there with unread messages. */
function step(chat: Chat, by: 1 | -1, isUnread: boolean): boolean {
  const { conversations } = chat.state;
  const now = route.peek();
  const at = conversations.findIndex(({ id }) => now.view === "conversation" && id === now.id);
  for (let i = at + by; i >= 0 && i < conversations.length; i += by) {
    const entry = conversations[i];
    if (!entry) continue;
    const { unread, isMentioned } = attentionOf(entry, Date.now());
    if (isUnread && unread === 0 && !isMentioned) continue;
    go({ view: "conversation", id: entry.id });
    return true;
  }
  return true;
}
