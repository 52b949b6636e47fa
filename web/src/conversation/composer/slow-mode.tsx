import type { ConversationWindow } from "parley-client";
import { useChat } from "parley-client/react";
import { useEffect } from "preact/hooks";
import { isManager } from "../../group/rights.ts";
import { duration } from "../../i18n/duration.ts";
import { t } from "../../i18n/i18n.ts";
import { nowUntil } from "../../lib/time/until.ts";
import { useAccount } from "../../state/context.ts";

interface Props {
  window: ConversationWindow;
  /** whether the user has to wait */
  onWait: (waits: boolean) => void;
}

/** How long slow mode has the user wait, by the messages on screen. The server refuses what these lack. */
export function SlowMode({ window, onWait }: Props) {
  const { chat, me } = useAccount();
  const pause = useChat(chat, (state) => {
    const entry = state.conversation(window.conversationId);
    return entry?.kind === "group" && !isManager(entry.role) ? entry.slow_mode_s : 0;
  });
  const last = useChat(chat, () => (pause > 0 ? lastSent(window, me) : 0));
  // What is sent before the messages are there could be refused. Without a connection it waits anyway.
  const isUnknown = useChat(chat, ({ connection }) => last === undefined && connection === "live");
  const left = secondsLeft(last ? last + pause * 1000 : 0, pause);
  const waits = left > 0 || isUnknown;
  useEffect(() => {
    onWait(waits);
    return () => onWait(false);
  }, [waits]);
  return left > 0 ? <p class="composer-left">{t("composer.slow", { time: duration(left * 1000) })}</p> : null;
}

/** @param end in ms since 1970 */
function secondsLeft(end: number, pause: number): number {
  // The clock of the device may be another one than the server's.
  const left = Math.min(pause, Math.ceil((end - Date.now()) / 1000));
  if (left > 0) nowUntil(end - (left - 1) * 1000);
  return Math.max(0, left);
}

/**
 * When the user has sent their last message, in ms since 1970; 0: never; Infinity: one is on its way;
 * undefined: no message is there yet
 */
function lastSent({ view }: ConversationWindow, me: number): number | undefined {
  if (view.messages.length === 0 && view.hasOlder && !view.problem) return undefined;
  if (view.pending.some(({ state }) => state !== "failed")) return Infinity;
  return view.messages.findLast(({ sender, kind }) => sender.id === me && kind !== "tip")?.created_at ?? 0;
}
