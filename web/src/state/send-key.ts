import { signal } from "@preact/signals";
import { stored } from "../lib/stored.ts";

/** What sends a message: Enter, or Enter with Ctrl or ⌘. */
export const SEND_KEYS = ["enter", "modEnter"] as const;
export type SendKey = (typeof SEND_KEYS)[number];

const kept = stored("send-key", (value) => SEND_KEYS.find((one) => one === value) ?? null);

/** What sends a message on this browser. */
export const sendKey = signal<SendKey>(kept.read() ?? "enter");

/** The user has chosen what sends a message. */
export function chooseSendKey(chosen: SendKey): void {
  sendKey.value = chosen;
  kept.write(chosen);
}

/** What the keyboard calls the key of shortcuts. */
export const MOD = /Mac|iPhone|iPad/.test(navigator.platform) ? "⌘" : "Ctrl";
